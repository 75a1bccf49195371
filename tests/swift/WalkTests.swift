import Foundation
import Testing

@testable import Trimaran

@Suite("Every operation that core exports, with every kind of wrong argument")
struct WalkTests {
  /// What succeeds all the same on an object that is closed, or whose store is, by what the core's documents say.
  private static let fine: Set<String> = [
    // What an object knows by itself, without its engine or store.
    "Module.engine", "Reference.value", "Store.is_released", "Component.engine", "ComponentFunc.types",
    "ComponentResource.is_owned", "ComponentResource.is_alive", "ComponentResource.resource_type",
    "ComponentResourceType.same", "ComponentResourceType.is_host",
    "ComponentStream.is_future", "ComponentStream.is_alive", "ComponentStream.release", "ComponentStream.types",
    // Closing twice does nothing, and what has an end ends when it is closed.
    "Engine.release", "InstancePre.release", "Linker.release", "Module.release", "SharedMemory.release",
    "Store.release", "Store.end_deadline", "Component.release", "ComponentInstancePre.release",
    "ComponentLinker.release",
    // Nothing is left to interrupt.
    "InterruptHandle.interrupt",
    // It belongs to no store.
    "HttpRequest.addresses", "HttpRequest.check", "HttpRequest.head", "HttpRequest.permits", "HttpRequest.read",
    "ComponentServing.check", "ComponentServing.response", "ComponentServing.trailers",
    "OutputPipe.contents", "OutputPipe.take", "StreamPort.give", "StreamPort.take",
    "DebugInfo.symbols",
    // A profile stays when its store is closed.
    "Profiler.json", "Profiler.lost_samples", "Profiler.samples", "Profiler.save", "Profiler.stop",
    "MemoryDirectory.files", "MemoryDirectory.names", "MemoryDirectory.read", "MemoryDirectory.remove",
    "MemoryDirectory.write",
  ]

  /// The names of all operations, by the generator's model.
  private struct Model: Decodable {
    struct Operation: Decodable {
      let `class`: String?
      let name: String
    }

    let operations: [Operation]
  }

  @Test func everyOperationIsThere() throws {
    let model = try JSONDecoder().decode(
      Model.self,
      from: Data(contentsOf: folder("../target/generated/model/model.json"))
    )
    let names = model.operations.map { it in (it.class.map { "\($0)." } ?? "") + it.name }
    #expect(names == Walk.operations.map(\.description))
    #expect(names.count > 140)
  }

  /// What comes out is an error that says what is wrong, or what was asked for, and the library goes on.
  @Test func everyOperationTakesWhateverIsWrong() throws {
    var count = 0
    for walk in Walk.operations {
      _ = try walked(walk, .max, 0)
      for place in walk.places {
        var number = 0
        while try walked(walk, place, number) {
          number += 1
          // Another object of its kind is closed all the same.
          if walk.closes { break }
        }
        #expect(number > 0, "\(walk): nothing is wrong in place \(place)")
        count += number
      }
    }
    #expect(count > 1_000)
    let world = Objects()
    #expect(try world.memory.core.size(store: world.store.core) == 1)
  }

  /// Does it with one thing wrong. Whether there was one.
  private func walked(_ walk: Walk, _ place: Int, _ number: Int) throws -> Bool {
    let isClosed = walk.closes || place == Given.receiver && number == 0
    let closesEngine = walk.description.hasPrefix("Engine.") && isClosed
    let given = Given(Objects(closesEngine ? Objects.makeEngine() : Objects.shared), wrong: place, number)
    do {
      try walk.call(given)
      let mayPass = !given.mustFail || place == Given.receiver && Self.fine.contains(walk.description)
      #expect(mayPass, "\(walk) takes \(given.what) in place \(place)")
    } catch let error as WasmtimeError {
      if case .unexpected = error { Issue.record("\(walk) with \(given.what) in place \(place): \(error)") }
      #expect(!"\(error)".isEmpty)
    }
    return !given.isExhausted
  }
}
