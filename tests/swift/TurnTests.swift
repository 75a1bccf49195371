import Foundation
import Testing
import Trimaran

/// Who came when.
private final class Order: @unchecked Sendable {
  private let lock = NSLock()
  private var names: [String] = []

  func note(_ name: String) { lock.withLock { names.append(name) } }

  var all: [String] { lock.withLock { names } }
}

/// Turns: many calls into a store, with no other thread between them.
@Suite("Turns")
struct TurnTests {
  let store: Store
  let add: TypedFunc<(Int32, Int32) -> Int32>

  init() throws {
    let engine = try testEngine()
    store = try Store(engine)
    let module = try Module(
      engine,
      """
      (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      """
    )
    add = try Instance(store, module).function(store, "add").typed(store)
  }

  private func anotherThreadEnters() throws {
    let (store, add) = (store, add)
    let sum = try Worker { try add(store, 1, 2) }.join()
    #expect(sum == 3)
  }

  @Test func noOtherThreadComesBetweenTheCallsOfATurn() throws {
    let (store, add, order) = (store, add, Order())
    let others = try store.withTurn {
      let others = (0..<3).map { _ in
        Worker {
          _ = try add(store, 1, 2)
          order.note("other")
        }
      }
      for number in 0..<Int32(200) {
        let sum = try add(store, number, 1)
        #expect(sum == number + 1)
        Thread.sleep(forTimeInterval: 0.0001)
      }
      order.note("mine")
      return others
    }
    for other in others { try other.join() }
    #expect(order.all == ["mine", "other", "other", "other"])
  }

  @Test func turnsLieInEachOtherInAHostFunctionAndBeside() throws {
    let add = add
    let host = try Func(store, FuncType([.i32], [.i32])) { caller, arguments in
      guard case .i32(let number) = arguments[0] else { return [] }
      let store = caller.store
      return [.i32(try store.withTurn { try add(store, number, number) })]
    }
    let sum: Int32 = try store.withTurn {
      let one: Int32 = try store.withTurn { try host(store, 4) }
      let two: Int32 = try host(store, 5)
      return one + two
    }
    #expect(sum == 18)
    try anotherThreadEnters()
  }

  @Test func whatIsThrownEndsTheTurn() throws {
    struct Mine: Error {}
    #expect(throws: Mine.self) { try store.withTurn { throw Mine() } }
    try anotherThreadEnters()
  }

  @Test func aStoreIsClosedInATurn() throws {
    try store.withTurn {
      store.close()
      #expect(throws: WasmtimeError.self) { _ = try add(store, 1, 2) }
    }
    #expect(throws: WasmtimeError.self) { try store.withTurn {} }
  }
}
