import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// Whatever a program does with an object, its native object gets no second owner.
@Suite("Copies of what stands for something")
struct HandlesTests {
  /// All that has an identity. It is a class, so that copies are references, and no initialiser but its own makes one.
  @Test func whatHasAnIdentityIsAClass() throws {
    let kinds: [Any.Type] = [
      Engine.self, Module.self, Store.self, Linker.self, Instance.self, InstancePre.self, Func.self, Memory.self,
      SharedMemory.self, Global.self, Table.self, Trimaran.Tag.self, Reference.self, OutputPipe.self,
      MemoryDirectory.self, InterruptHandle.self, Profiler.self,
    ]
    for kind in kinds { #expect(kind is AnyObject.Type, "\(kind)") }
    // Only what travels can be encoded.
    #expect(kinds.filter { $0 is any Encodable.Type }.map { "\($0)" } == ["Engine", "Module"])
  }

  @Test func anEngineIsEncodedAsItsConfiguration() throws {
    let engine = try testEngine {
      $0.consumeFuel = true
      $0.moduleLimits { $0.compileTime = .seconds(3) }
      $0.craneliftOptLevel = .speed
    }
    let data = try JSONEncoder().encode(engine)
    let one = try JSONDecoder().decode(Engine.self, from: data)
    let other = try JSONDecoder().decode(Engine.self, from: data)
    #expect(try one.config == engine.config)
    let store = try Store(one)
    // The same engine: what one made works in a store of the other.
    for each in [one, other, try Engine.shared(for: engine.config)] {
      _ = try Instance(store, Module(each, "(module)"))
    }
    var pool = Config.untrusted
    pool.pooling { $0.totalTables = 5 }
    pool.cache = .file(path: "a")
    pool.craneliftFlags = [Config.CraneliftFlag("a", "b")]
    #expect(try JSONDecoder().decode(Config.self, from: JSONEncoder().encode(pool)) == pool)
    let limits = StoreLimits.untrusted
    #expect(try JSONDecoder().decode(StoreLimits.self, from: JSONEncoder().encode(limits)) == limits)
    engine.close()
    #expect(throws: (any Error).self) { try JSONEncoder().encode(engine) }
  }

  /// What is not there keeps its default.
  @Test func settingsThatAreNotAllThere() throws {
    func decoded<Value: Decodable>(_ text: String) throws -> Value {
      try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
    #expect(try decoded("{}") == Config())
    #expect(try decoded(#"{"consumeFuel": true}"#) as Config == changed(Config()) { $0.consumeFuel = true })
    let flags: Config = try decoded(#"{"craneliftFlags": [{"name": "a"}]}"#)
    #expect(flags == changed(Config()) { $0.craneliftFlags = [.init("a")] })
    #expect(try decoded("{}") == StoreLimits())
    let partly: StoreLimits = try decoded(#"{"memories": 3, "trapOnGrowFailure": true}"#)
    #expect(partly == StoreLimits(memories: 3, trapOnGrowFailure: true))
    #expect(try decoded("{}") == ModuleLimits())
    #expect(try decoded("{}") == PoolingConfig())
  }

  @Test func copiesOfWhatHoldsAnObject() throws {
    var first: (Exports, TypedFunc<(Int32) -> Int32>, NamedExtern, Val)?
    let guest = try Guest("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))")
    let function = try guest.function("f")
    let typed = try function.typed(guest.store, as: ((Int32) -> Int32).self)
    first = (guest.exports, typed, guest.exports[0], .funcRef(function))
    let copy = try #require(first)
    // A mirror shows what is there, and takes nothing over.
    for child in Mirror(reflecting: copy).children { _ = Mirror(reflecting: child.value).children.map(\.label) }
    first = nil
    #expect(try copy.1(guest.store, 7) == 7)
    #expect(try copy.0.function("f").call(guest.store, [.i32(8)]) == [.i32(8)])
    guard case .funcRef(let again?) = copy.3 else {
      Issue.record("it is no function")
      return
    }
    #expect(again === function)
  }

  @Test func copiesOfAConfigurationForWASI() throws {
    let pipe = try OutputPipe()
    var one = WasiConfig()
    one.stdout = .pipe(pipe)
    one.argv = ["a"]
    var two = one
    two.argv.append("b")
    two.stdout = nil
    #expect(one.argv == ["a"])
    guard case .pipe(let kept)? = one.stdout else {
      Issue.record("the pipe is gone")
      return
    }
    #expect(kept === pipe)
  }

  @Test func manyThreadsDropCopies() throws {
    let engine = try testEngine()
    let module = try Module(engine, "(module (func (export \"f\") (result i32) (i32.const 7)))")
    let workers = (0..<4).map { _ in
      Worker { () -> Int32 in
        var sum: Int32 = 0
        for _ in 0..<50 {
          let (engine, module) = (engine, module)
          let store = try Store(engine)
          let function = try Instance(store, module).exports(store).function("f")
          guard case .i32(let seven)? = try function.call(store, []).first else { return -1 }
          sum += seven
        }
        return sum
      }
    }
    for worker in workers { #expect(try worker.join() == 350) }
  }
}

private func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var value = value
  change(&value)
  return value
}
