import Foundation
import Testing

/// One case of `tests/cases`, the same in every language.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let steps: [JSON]

  var testDescription: String { name }

  static let all: [Case] = {
    do {
      let files = try FileManager.default.contentsOfDirectory(at: folder("cases"), includingPropertiesForKeys: nil)
      return
        try files
        .filter { $0.pathExtension == "json" }
        .sorted { $0.path < $1.path }
        .flatMap(cases)
    } catch {
      fatalError("tests/cases cannot be read: \(error)")
    }
  }()

  private static func cases(in file: URL) throws -> [Case] {
    struct Content: Decodable {
      struct Entry: Decodable {
        let id: String
        let steps: [JSON]
      }
      let cases: [Entry]
    }
    let stem = file.deletingPathExtension().lastPathComponent
    let content = try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
    return content.cases.map { Case(name: "\(stem)/\($0.id)", steps: $0.steps) }
  }
}

@Suite("The shared cases")
struct CasesTests {
  /// Cases that Swift cannot express, by name, with the reason. There are none.
  static let skipped: [String: String] = [:]

  static let run = Case.all.filter { skipped[$0.name] == nil }

  @Test(arguments: run)
  func sharedCase(_ it: Case) throws {
    let world = World()
    for (index, step) in it.steps.enumerated() {
      do {
        try world.run(Step(step))
      } catch {
        Issue.record("step \(index + 1), \(step): \(error)")
        return
      }
    }
  }

  @Test func everySkippedCaseExists() {
    let names = Set(Case.all.map(\.name))
    #expect(Self.skipped.keys.allSatisfy(names.contains))
    #expect(!names.isEmpty)
  }
}
