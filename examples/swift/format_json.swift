// Formats a JSON file with a real program: the dprint plugin for JSON, as it comes from npm.
//
// usage: format_json PLUGIN.wasm FILE.json

import Foundation
import Trimaran

/// A dprint plugin. Bytes go in and out through a buffer in its memory.
struct Formatter {
  private let store: Store
  private let exports: Exports
  private let memory: Memory

  init(plugin path: String) throws {
    let engine = try Engine()
    store = try Store(engine)
    exports = try Instance(store, Module(engine, fromFile: path)).exports(store)
    memory = try exports.memory("memory")
    try send(#"{"global":{},"plugin":{}}"#)
    try exports.function("register_config")(store, 1)
  }

  /// The text, formatted. Throws a `FormatError` where it is not JSON.
  func format(_ text: String, path: String) throws -> String {
    try send(path)
    try exports.function("set_file_path")(store)
    try send(text)
    switch try exports.function("format")(store, 1) as Int {
    case 0: return text
    case 1: return try receive(exports.function("get_formatted_text")(store))
    default: throw FormatError(text: try receive(exports.function("get_error_text")(store)))
    }
  }

  private func send(_ text: String) throws {
    try exports.function("clear_shared_bytes")(store, text.utf8.count)
    try memory.write(store, text, at: buffer())
  }

  private func receive(_ length: Int) throws -> String {
    try memory.readString(store, at: buffer(), count: length)
  }

  private func buffer() throws -> Int {
    try exports.function("get_shared_bytes_ptr")(store)
  }
}

/// What the plugin says about a text that it cannot format.
struct FormatError: LocalizedError {
  let text: String

  var errorDescription: String? { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}

guard CommandLine.arguments.count == 3 else {
  print("usage: format_json PLUGIN.wasm FILE.json")
  exit(2)
}
let (plugin, file) = (CommandLine.arguments[1], CommandLine.arguments[2])

do {
  let text = try String(contentsOfFile: file, encoding: .utf8)
  let formatted = try Formatter(plugin: plugin).format(text, path: file)
  print(formatted, terminator: formatted.hasSuffix("\n") ? "" : "\n")
} catch {
  print("error: \(error.localizedDescription)")
  exit(1)
}
