import Testing
import Trimaran

@Suite("Types")
struct TypesTests {
  @Test func valuesPrintAsInTheTextFormat() {
    let types: [(ValType, String)] = [
      (.i32, "i32"), (.i64, "i64"), (.f32, "f32"), (.f64, "f64"), (.v128, "v128"),
      (.funcref, "funcref"), (.externref, "externref"),
      (.ref(RefType(.any)), "anyref"), (.ref(RefType(.eq)), "eqref"), (.ref(RefType(.i31)), "i31ref"),
      (.ref(RefType(.struct)), "structref"), (.ref(RefType(.array)), "arrayref"), (.ref(RefType(.exn)), "exnref"),
      (.ref(RefType(.cont)), "contref"), (.ref(RefType(.none)), "nullref"),
      (.ref(RefType(.noFunc)), "nullfuncref"), (.ref(RefType(.noExtern)), "nullexternref"),
      (.ref(RefType(.noExn)), "nullexnref"), (.ref(RefType(.noCont)), "nullcontref"),
      (.ref(RefType(.func, nullable: false)), "(ref func)"),
      (.ref(RefType(.concrete(text: "(func)"))), "(ref null (func))"),
    ]
    for (type, text) in types { #expect("\(type)" == text) }
    #expect(Set(types.map(\.0)).count == types.count)
  }

  @Test func theRestPrintsAsInTheTextFormat() {
    #expect("\(Limits(1))" == "1")
    #expect("\(Limits(1, 5))" == "1 5")
    #expect("\(MemoryType(Limits(1, 5), shared: true))" == "(memory 1 5 shared)")
    #expect("\(MemoryType(Limits(1), is64: true))" == "(memory i64 1)")
    #expect("\(MemoryType(Limits(1), pageSizeLog2: 0))" == "(memory 1 (pagesize 0x1))")
    #expect("\(MemoryType(Limits(.max), pageSizeLog2: .max))" == "(memory \(UInt64.max) (pagesize 2^255))")
    #expect("\(TableType(.funcref, Limits(0, 10)))" == "(table 0 10 funcref)")
    #expect("\(TableType(.externref, Limits(.max), is64: true))" == "(table i64 \(UInt64.max) externref)")
    #expect("\(GlobalType(.i64))" == "(global i64)")
    #expect("\(GlobalType(.i64, mutable: true))" == "(global (mut i64))")
    #expect("\(FuncType([], []))" == "(func)")
    #expect("\(FuncType([.i32, .f64], [.v128]))" == "(func (param i32 f64) (result v128))")
    #expect("\(TagType(FuncType([.i32], [])))" == "(tag (param i32))")
    #expect("\(ExternType.function(FuncType([], [.i32])))" == "(func (result i32))")
    #expect("\(ExternType.tag(TagType(FuncType([], []))))" == "(tag)")
    #expect("\(ImportType("env", "f", .global(GlobalType(.i32))))" == #"(import "env" "f" (global i32))"#)
    #expect("\(ExportType("f", .memory(MemoryType(Limits(1)))))" == #"(export "f" (memory 1))"#)
  }

  @Test func equalTypesAreOneInASet() {
    #expect(MemoryType(Limits(1, 5)) == MemoryType(Limits(1, 5)))
    #expect(MemoryType(Limits(1, 5)) != MemoryType(Limits(1, 5), shared: true))
    #expect(Limits(1) != Limits(1, 1))
    #expect(Set([FuncType([.i32], []), FuncType([.i32], []), FuncType([], [.i32])]).count == 2)
    #expect(ExternType.table(TableType(.funcref, Limits(1))) != .table(TableType(.externref, Limits(1))))
  }

  @Test func aModuleSaysWhatItWantsAndOffers() throws {
    let module = try Module(
      testEngine { $0.wasmExceptions = true },
      """
      (module $named
        (import "env" "f" (func (param i32) (result i64)))
        (import "env" "t" (table 1 2 funcref))
        (memory (export "memory") 1 10)
        (global (export "g") (mut f32) (f32.const 0))
        (tag (export "e") (param i32)))
      """
    )
    #expect(try module.name == "named")
    #expect(
      try module.imports == [
        ImportType("env", "f", .function(FuncType([.i32], [.i64]))),
        ImportType("env", "t", .table(TableType(.funcref, Limits(1, 2)))),
      ]
    )
    #expect(
      try module.exports == [
        ExportType("memory", .memory(MemoryType(Limits(1, 10)))),
        ExportType("g", .global(GlobalType(.f32, mutable: true))),
        ExportType("e", .tag(TagType(FuncType([.i32], [])))),
      ]
    )
  }
}
