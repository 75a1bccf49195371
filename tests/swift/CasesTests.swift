import Foundation
import Testing

/// One case of `tests/cases`, the same in every language.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let steps: [JSON]
  /// What it needs and is not there.
  let missing: String?
  /// Whether steps of it are awaited.
  let isAsync: Bool

  var testDescription: String { name }

  static let all: [Case] = {
    do {
      let all = FileManager.default.enumerator(atPath: folder("cases").path)?.allObjects as? [String] ?? []
      return try all.filter { $0.hasSuffix(".json") }.sorted().flatMap(cases)
    } catch {
      fatalError("tests/cases cannot be read: \(error)")
    }
  }()

  /// The cases of a file, by its path in the folder: `memory.json`, `component/values.json`.
  private static func cases(in path: String) throws -> [Case] {
    let (stem, file) = (String(path.dropLast(".json".count)), folder("cases").appendingPathComponent(path))
    let content = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
    let entries = try Step(content)
    let preludes = entries.optional("given")?.object ?? [:]
    let cases = try entries.list("cases").map { try Case($0, in: stem, preludes) }
    try entries.checkAllUsed()
    return cases
  }

  /// A case has the steps of each prelude that it names, one prelude after the other, then its own.
  fileprivate init(_ content: JSON, in stem: String, _ preludes: [String: JSON]) throws {
    let fields = try Step(content)
    name = try "\(stem)/\(fields.text("id"))"
    var steps: [JSON] = []
    for prelude in fields.optional("given")?.array ?? [] {
      guard let given = preludes[prelude.string ?? ""]?.array else { throw Problem("there is no prelude \(prelude)") }
      steps += given
    }
    self.steps = try steps + fields.list("steps")
    let needs = fields.optional("needs")?.string ?? ""
    missing = try Self.missing(needs)
    isAsync = needs == "async"
    try fields.checkAllUsed()
  }

  private static func missing(_ needs: String) throws -> String? {
    let words = needs.split(separator: " ").map(String.init)
    if words.isEmpty { return nil }
    if words == ["threads"] { return isInterpreter ? "it needs threads" : nil }
    if words == ["async"] { return nil }
    guard words.count == 2, words[0] == "program" else { throw Problem("unknown need \(needs)") }
    let isThere = FileManager.default.fileExists(atPath: programs.appendingPathComponent(words[1]).path)
    return isThere ? nil : "\(words[1]) is not there, which tests/programs/fetch brings"
  }
}

@Suite("The shared cases")
struct CasesTests {
  /// Cases that Swift cannot express, by name, with the reason.
  static let skipped = [
    "host/a caller is void when its host function has returned": "a caller is borrowed: to keep it does not compile"
  ]

  /// A line for each case: its name, its outcome, and how its steps failed.
  private static let results = ResultFile("TRIMARAN_CASE_RESULTS")

  private func tell(_ it: Case, _ outcome: String, _ variants: [String] = []) {
    Self.results.add("\(it.name)\t\(outcome)\t\(variants.joined(separator: ","))\n")
  }

  /// Swift Testing has no way to skip one argument of a test: what is skipped says so, for `run` to count.
  @Test(arguments: Case.all)
  func sharedCase(_ it: Case) async throws {
    if let reason = it.missing ?? Self.skipped[it.name] {
      tell(it, "skip")
      return print("➜ Case \(it.name) skipped: \(reason)")
    }
    let world = World()
    for (index, step) in it.steps.enumerated() {
      do {
        if it.isAsync { try await world.runAwaiting(step) } else { try world.run(Step(step)) }
      } catch {
        tell(it, "fail", world.variants)
        Issue.record("step \(index + 1), \(step): \(error)")
        return await world.end()
      }
    }
    await world.end()
    tell(it, "pass", world.variants)
  }

  @Test func aPreludeComesFirstAndHasToBeThere() throws {
    func made(_ given: [JSON]) throws -> [JSON] {
      let content = JSON.object(["id": .string("id"), "given": .array(given), "steps": .array([.int(4)])])
      return try Case(content, in: "file", ["a": .array([.int(1), .int(2)]), "b": .array([.int(3)])]).steps
    }
    #expect(try made([.string("b"), .string("a")]) == [.int(3), .int(1), .int(2), .int(4)])
    #expect {
      try made([.string("a"), .string("c")])
    } throws: { problem in
      (problem as? Problem)?.description == "there is no prelude \"c\""
    }
  }

  @Test func everySkippedCaseExists() {
    let names = Set(Case.all.map(\.name))
    #expect(Self.skipped.keys.allSatisfy(names.contains))
    #expect(names.count == Case.all.count)
    #expect(!names.isEmpty)
  }
}
