import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// One case of `tests/programs/programs.json`.
struct ProgramCase: Sendable, CustomTestStringConvertible {
  let id: String
  let program: JSON
  let fields: JSON

  var testDescription: String { id }

  static let all: [ProgramCase] = {
    do {
      let file = folder("programs").appendingPathComponent("programs.json")
      let told = try Step(JSONDecoder().decode(JSON.self, from: Data(contentsOf: file)))
      let programs = try told.value("programs").object ?? [:]
      return try told.list("cases").map { fields in
        let case_ = try Step(fields)
        return ProgramCase(
          id: try case_.text("id"),
          program: programs[try case_.text("program")] ?? .null,
          fields: fields
        )
      }
    } catch {
      fatalError("tests/programs cannot be read: \(error)")
    }
  }()
}

// One after the other: what one compiles the next one finds.
@Suite("Real programs", .serialized)
struct RealProgramsTests {
  @Test(arguments: ProgramCase.all)
  func realProgram(_ it: ProgramCase) throws {
    let (told, fields) = (try Step(it.program), try Step(it.fields))
    guard FileManager.default.fileExists(atPath: programs.appendingPathComponent(try told.text("file")).path) else {
      return print("➜ Case \(it.id) skipped: its program is not there, which tests/programs/fetch brings")
    }
    _ = (fields.optional("id"), fields.optional("program"))
    let directory = try TemporaryDirectory()
    let texts = fields.optional("texts")?.object ?? [:]
    let program = try Program(told, fields.optional("wasi"), texts, in: directory.url)
    try program.run(fields.list("steps"))
    let expected = try fields.value("expect").object
    try fields.checkAllUsed()
    #expect(try found(program, directory.url) == expected)
  }

  /// What the case has led to; what is empty is not there.
  private func found(_ program: Program, _ directory: URL) throws -> [String: JSON] {
    var files: [String: JSON] = [:]
    for file in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
      files[file.lastPathComponent] = .string(try String(contentsOf: file, encoding: .utf8))
    }
    for (name, bytes) in try program.inMemory?.files ?? [:] {
      files[name] = .string(String(decoding: bytes, as: UTF8.self))
    }
    let found: [String: JSON] = [
      "log": .array(program.log.map(JSON.string)), "stdout": .string(try program.stdout.text),
      "stderr": .string(try program.stderr.text), "files": .object(files),
    ]
    let nothing: [JSON] = [.array([]), .string(""), .object([:])]
    return found.filter { !nothing.contains($0.value) }
  }
}
