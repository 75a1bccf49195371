import Foundation
import Testing
import Trimaran
import TrimaranFoundation

private let suite = URL(
  fileURLWithPath: ProcessInfo.processInfo.environment["TRIMARAN_SPEC"] ?? folder("../target/spec").path
)

/// One file of the official suite.
struct SpecFile: Decodable, Sendable, CustomTestStringConvertible {
  let file: String

  var testDescription: String { file }

  static let all: [SpecFile] = {
    let index = suite.appendingPathComponent("index.json")
    guard FileManager.default.fileExists(atPath: index.path) else { return [] }
    do {
      return try JSONDecoder().decode([SpecFile].self, from: Data(contentsOf: index))
    } catch {
      fatalError("the official suite cannot be read: \(error)")
    }
  }()
}

/// What of the suite is not run.
private struct Skips: Decodable {
  struct Skip: Decodable {
    let file: String
    let line: Int?
    let engine: String?
  }

  let skips: [Skip]
}

@Suite("The official suite")
struct SpecTests {
  /// The engines for all files: every proposal at once.
  private static let engine = Result { try everything() }

  private static let metered = Result { try everything { $0.consumeFuel = true } }

  private static func everything(_ configure: (inout Config) -> Void = { _ in }) throws -> Engine {
    try testEngine {
      $0.wasmThreads = !isInterpreter
      $0.wasmGC = true
      $0.wasmFunctionReferences = true
      $0.wasmExceptions = true
      $0.wasmTailCall = true
      $0.wasmMemory64 = true
      $0.wasmMultiMemory = true
      $0.wasmRelaxedSIMD = true
      $0.wasmCustomPageSizes = true
      $0.wasmWideArithmetic = true
      configure(&$0)
    }
  }

  private static let skips = Result {
    let file = folder("spec").appendingPathComponent("skips.json")
    let engine = isInterpreter ? "interpreter" : "native"
    return try JSONDecoder().decode(Skips.self, from: Data(contentsOf: file)).skips
      .filter { $0.engine == nil || $0.engine == engine }
  }

  /// A line for each assertion.
  private static let results = ResultFile("TRIMARAN_SPEC_RESULTS")

  @Test(.enabled(if: !SpecFile.all.isEmpty, "it is not there: tools/spec brings it"), arguments: SpecFile.all)
  func officialFile(_ it: SpecFile) throws {
    let skips = try Self.skips.get().filter { $0.file == it.file }
    let script = try SpecScript(suite, Self.engine.get(), metered: Self.metered.get())
    let lines = try script.run(it.file) { line in skips.contains { $0.line == nil || $0.line == line } }
    Self.results.add(lines.map(\.row).joined())
    let failed = lines.filter { $0.outcome == .fail }
    guard !failed.isEmpty else { return }
    let shown = failed.prefix(20).map { "\($0.id): \($0.problem)" }.joined(separator: "\n")
    Issue.record("\(failed.count) of \(lines.count) failed\n\(shown)")
  }
}
