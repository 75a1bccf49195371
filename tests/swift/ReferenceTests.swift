import Foundation
import Testing
import Trimaran
import TrimaranFoundation

@Suite("References to values of the host")
struct ReferenceTests {
  let guest: Guest
  let store: Store

  init() throws {
    guest = try Guest(
      """
      (module
        (table $t 1 externref)
        (func (export "same") (param externref) (result externref) (local.get 0))
        (func (export "keep") (param externref) (table.set $t (i32.const 0) (local.get 0)))
        (func (export "kept") (result externref) (table.get $t (i32.const 0)))
        (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
        (func (export "to_any") (param externref) (result anyref) (any.convert_extern (local.get 0)))
        (func (export "of_any") (param i32) (result externref) (extern.convert_any (ref.i31 (local.get 0)))))
      """
    ) {
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
    }
    store = guest.store
  }

  @Test func anObjectComesBackAsItself() throws {
    let object = Seen()
    #expect(try guest.function("same")(store, Val.externRef(object)) == [.externRef(object)])
    try guest.function("keep")(store, Val.externRef(object))
    #expect(try guest.function("kept")(store).first?.object === object)
    #expect(try guest.function("kept")(store) != [.externRef(Seen())])
    #expect(try guest.function("is_null")(store, Val.externRef(object)) == [.i32(0)])
    #expect(try guest.function("is_null")(store, Val.externRef(nil)) == [.i32(1)])
  }

  @Test func anObjectLivesWhileAnotherThreadClosesItsStore() throws {
    for _ in 0..<1_000 {
      let store = try Store(guest.engine)
      let global = try Global(store, GlobalType(.externref, mutable: true), Val.externRef(Canary()))
      let readers = (0..<2).map { _ in
        Worker {
          // What another thread closes in between comes out as a reference, and then as an error.
          while let value = try? global.get(store) { #expect((value.object as? Canary)?.isAlive ?? true) }
        }
      }
      store.close()
      for reader in readers { try reader.join() }
    }
  }

  @Test func anObjectOfAnyClass() throws {
    // One that is equal to others, one that says that it is nothing, an error, and the store itself.
    for object in [NSNumber(value: 0), NSNull(), Mistake(), store] as [any AnyObject & Sendable] {
      #expect(try guest.function("same")(store, Val.externRef(object)).first?.object === object)
    }
  }

  @Test func hostFunctionsTakeAndGiveThem() throws {
    let (first, second) = (Seen(), Seen())
    let swap = try Func(store, FuncType([.externref], [.externref])) { _, arguments in
      #expect(arguments == [.externRef(first)])
      return [.externRef(second)]
    }
    #expect(try swap(store, Val.externRef(first)).first?.object === second)
  }

  @Test func aValueOfTheGuestIsAReference() throws {
    let results = try guest.function("of_any")(store, 5)
    guard case .externRef(let reference as Reference)? = results.first else {
      Issue.record("\(results)")
      return
    }
    let same: Reference = try guest.function("same")(store, reference)
    #expect(try same.same(store, reference))
    let object = Seen()
    let converted: Reference = try guest.function("to_any")(store, Val.externRef(object))
    #expect(try guest.function("to_any")(store, Val.externRef(object)).first?.isNull == false)
    #expect(throws: WasmtimeError.self) { try guest.function("same")(store, converted) }
    #expect(throws: WasmtimeError.self) { try Reference(Val.externRef(object)) }
  }

  @Test func anObjectGoesWhenTheGuestLetsGo() throws {
    weak var object: Seen?
    do {
      let mine = Seen()
      object = mine
      try guest.function("keep")(store, Val.externRef(mine))
    }
    try store.gc()
    #expect(object != nil)
    #expect(try guest.function("kept")(store).first?.object === object)
    try guest.function("keep")(store, Val.null)
    try store.gc()
    #expect(object == nil)
  }

  @Test func anObjectGoesWithItsStore() throws {
    weak var object: Seen?
    do {
      let mine = Seen()
      object = mine
      try guest.function("keep")(store, Val.externRef(mine))
    }
    #expect(object != nil)
    store.close()
    #expect(object == nil)
  }

  @Test func anObjectThatUsesTheStoreAsItGoes() throws {
    final class Nosy: Sendable {
      let ends: Kept<[Int]>
      let memory: Memory
      let store: @Sendable () -> Store?

      init(_ store: Store, _ ends: Kept<[Int]>) throws {
        self.ends = ends
        memory = try Memory(store, MemoryType(Limits(1)))
        self.store = { [weak store] in store }
      }

      deinit {
        guard let store = store() else { return }
        ends.value?.append((try? memory.size(store)) ?? -1)
      }
    }
    let ends = Kept<[Int]>()
    ends.value = []
    try guest.function("keep")(store, Val.externRef(Nosy(store, ends)))
    try guest.function("keep")(store, Val.null)
    try store.gc()
    #expect(ends.value == [1])
    // The collector runs in the middle of a guest: the object goes when the thread has left the store.
    let collect = try Func(store) { (caller: borrowing Caller) in
      try caller.store.gc()
      #expect(ends.value == [1])
    }
    try guest.function("keep")(store, Val.externRef(Nosy(store, ends)))
    try guest.function("keep")(store, Val.null)
    try collect(store)
    #expect(ends.value == [1, 1])
  }

  @Test func aThousandObjects() throws {
    let (same, keep) = (try guest.function("same"), try guest.function("keep"))
    for _ in 0..<1_000 {
      let object = Seen()
      #expect(try same(store, Val.externRef(object)).first?.object === object)
      try keep(store, Val.externRef(object))
    }
  }

  @Test func aClosedStore() throws {
    let same = try guest.function("same")
    store.close()
    #expect(throws: WasmtimeError.closed(what: "store")) { try same(store, Val.externRef(Seen())) }
  }
}

@Suite("References to garbage-collected values, and tags")
struct CollectedTests {
  let store: Store
  let instance: Instance

  init() throws {
    let engine = try testEngine {
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
      $0.wasmExceptions = true
    }
    store = try Store(engine)
    let module = try Module(
      engine,
      """
      (module
        (type $pair (struct (field i32) (field externref)))
        (type $bytes (array i8))
        (func (export "pair") (param i32 externref) (result structref) (struct.new $pair (local.get 0) (local.get 1)))
        (func (export "bytes") (result arrayref) (array.new_fixed $bytes 2 (i32.const 1) (i32.const -1)))
        (func (export "i31") (param anyref) (result i32) (i31.get_s (ref.cast i31ref (local.get 0)))))
      """
    )
    instance = try Instance(store, module)
  }

  @Test func integersOf31Bits() throws {
    let five = try Reference(store, i31: 5)
    #expect(try five.i31(store) == 5)
    #expect(try instance.function(store, "i31")(store, five) == [.i32(5)])
    #expect(try five.type(store) == RefType(.i31, nullable: false))
    #expect(try five.matches(store, RefType(.eq)) && !five.matches(store, RefType(.struct)))
    #expect(try Reference(store, i31: .max).i31(store) == -1)
    #expect(try Reference(store, i31: -1 << 30).i31(store) == -1 << 30)
    guard case .range? = failure({ try Reference(store, i31: (-1 << 30) - 1) }) else {
      Issue.record("it is none of 31 bits")
      return
    }
    guard case .type? = failure({ try five.fields(store) }) else {
      Issue.record("an integer has no fields")
      return
    }
    #expect(try five.tag(store) == nil)
  }

  @Test func structsAndArrays() throws {
    let object = Seen()
    let pair: Reference = try instance.function(store, "pair")(store, 7, Val.externRef(object))
    let fields = try pair.fields(store)
    #expect(fields.first == .i32(7) && fields.last?.object === object && fields.count == 2)
    #expect(try pair.i31(store) == nil)
    #expect(try pair.matches(store, RefType(.struct)) && !pair.type(store).nullable)
    let bytes: Reference = try instance.function(store, "bytes")(store)
    #expect(try bytes.matches(store, RefType(.array)))
    #expect(try bytes.fields(store).count == 2)
  }

  @Test func tags() throws {
    let type = TagType(FuncType([.i32], []))
    let (one, two) = (try Tag(store, type), try Tag(store, type))
    #expect(try one.type(store) == type)
    #expect(try one.same(store, one) && !one.same(store, two))
    #expect(throws: WasmtimeError.wrongStore(what: "tag")) { try one.type(Store(testEngine())) }
  }
}

/// Says whether it has gone.
private final class Canary: @unchecked Sendable {
  // Nobody writes it but the end, which comes when nobody reads it any more.
  private var mark = 0x5afe

  var isAlive: Bool { mark == 0x5afe }

  deinit { mark = 0 }
}
