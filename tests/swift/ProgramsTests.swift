import Foundation
import Testing
import Trimaran
import TrimaranFoundation

/// A formatter with the interface of the dprint plugins: bytes go in and out through a buffer in its memory.
private struct Formatter {
  let store: Store
  let exports: Exports
  let memory: Memory

  init(_ path: String) throws {
    let engine = try testEngine()
    store = try Store(engine)
    exports = try Instance(store, Module(engine, fromFile: path)).exports(store)
    memory = try exports.memory("memory")
    try send(#"{"global":{},"plugin":{}}"#)
    try exports.function("register_config")(store, 1)
  }

  /// What `format` said, and the text that it made.
  func format(_ text: String) throws -> (code: Int, text: String) {
    try send("file.json")
    try exports.function("set_file_path")(store)
    try send(text)
    switch try exports.function("format")(store, 1) as Int {
    case 0: return (0, text)
    case 1: return (1, try receive("get_formatted_text"))
    case let code: return (code, try receive("get_error_text"))
    }
  }

  private func send(_ text: String) throws {
    try exports.function("clear_shared_bytes")(store, text.utf8.count)
    try memory.write(store, text, at: exports.function("get_shared_bytes_ptr")(store))
  }

  private func receive(_ name: String) throws -> String {
    let count: Int = try exports.function(name)(store)
    return try memory.readString(store, at: exports.function("get_shared_bytes_ptr")(store), count: count)
  }
}

private let plugin =
  ProcessInfo.processInfo.environment["TRIMARAN_DPRINT"]
  ?? folder("../target/programs/dprint-json.wasm").path

@Suite("Programs")
struct ProgramsTests {
  @Test(.enabled(if: FileManager.default.fileExists(atPath: plugin), "the dprint plugin is not there"))
  func thePluginFormatsJSON() throws {
    let formatter = try Formatter(plugin)
    let formatted = "{ \"a\": [1, 2], \"☂\": null }\n"
    #expect(try formatter.format("{\"a\":[1,2],\n\"☂\":null}") == (1, formatted))
    #expect(try formatter.format(formatted) == (0, formatted))
    let broken = try formatter.format("{\"a\": nothing}")
    #expect(broken.code == 2)
    #expect(broken.text.contains("Line 1, column 7"))
    // It goes on working after an error, with a file that needs more memory.
    let long = "[" + Array(repeating: "1", count: 100_000).joined(separator: ",") + "]"
    #expect(try formatter.format(long).code == 1)
  }

  @Test func theFormatterInTextFormatsJSON() throws {
    let formatter = try Formatter(folder("modules").appendingPathComponent("json_formatter.wat").path)
    let result = try formatter.format("{\"a\":[1,2]}")
    #expect(result.code == 1)
    #expect(result.text.contains("\"a\": ["))
    #expect(try formatter.format(result.text).code == 0)
    let broken = try formatter.format("{\"a\": nothing}")
    #expect(broken.code == 2)
    #expect(broken.text.contains("line 1"))
  }
}
