import Foundation
import PackagePlugin

/// Makes typed bindings when a target is built: of each WIT file and each component in its folder, in the binary or the text format, and of
/// a folder `wit` there, which has its packages in `wit/deps`. What is made becomes part of the target's own module.
///
/// A world in several files is one of the folder `wit`. What a file has must be one world. Core modules are left alone, and so is WIT beside a
/// component of the same name, which is made of it.
///
/// A file `trimaran-bindgen.json` in the folder has more options of `bindgen`, by the path of what they are for:
/// `{"plugin.wit": ["--async"]}`.
@main
struct TrimaranBindgen: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target.sourceModule, let folder = folder(of: module)?.standardizedFileURL else { return [] }
    let tool = try context.tool(named: "TrimaranCLI").url
    let files = module.sourceFiles.map(\.url.standardizedFileURL)
    let wit = folder.appending(component: "wit")
    let inside = files.filter { $0.path.hasPrefix(wit.path + "/") }
    let outside = files.filter { !inside.contains($0) }
    func all(_ kind: String) -> [(source: URL, inputs: [URL])] {
      outside.filter { $0.pathExtension == kind }.map { ($0, [$0]) }
    }
    let (binary, text) = (all("wasm"), all("wat"))
    let components = (binary + text).filter { file in
      if isComponent(file.source) { return true }
      Diagnostics.remark("There are no bindings of \(file.source.lastPathComponent), which is no component.")
      return false
    }
    let folders = inside.isEmpty ? [] : [(source: wit, inputs: inside)]
    let settings = folder.appending(component: "trimaran-bindgen.json")
    let hasSettings = FileManager.default.fileExists(atPath: settings.path)
    let options =
      hasSettings ? try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: settings)) : [:]
    let sources = components + folders + all("wit")
    let paths = Set(sources.map { $0.source.path.dropFirst(folder.path.count + 1) })
    for path in options.keys.sorted() where !paths.contains(Substring(path)) {
      Diagnostics.error("trimaran-bindgen.json has options for \(path), of which there are no bindings.")
    }
    var made: [String: URL] = [:]
    return sources.compactMap { source, inputs in
      let path = source.deletingPathExtension().path.dropFirst(folder.path.count + 1)
      let name = String(path).replacing("/", with: "_")
      if let other = made[name] {
        Diagnostics.remark(
          "There are no bindings of \(source.lastPathComponent): those of that name are made of \(other.lastPathComponent)."
        )
        return nil
      }
      made[name] = source
      let output = context.pluginWorkDirectoryURL.appending(component: "\(name).bindings.swift")
      return .buildCommand(
        displayName: "Making bindings of \(source.lastPathComponent)",
        executable: tool,
        arguments: ["bindgen", "swift", source.path, "-o", output.path]
          + (options[String(source.path.dropFirst(folder.path.count + 1))] ?? []),
        inputFiles: inputs + (hasSettings ? [settings] : []),
        outputFiles: [output]
      )
    }
  }
}

/// The folder of a target. Not before 6.1 has `Target` itself a URL.
private func folder(of module: any SourceModuleTarget) -> URL? {
  switch module {
  case let target as SwiftSourceModuleTarget: target.directoryURL
  case let target as ClangSourceModuleTarget: target.directoryURL
  default: nil
  }
}

/// Whether a file is a component, in either format; a file that cannot be read is one, for `bindgen` to say so.
private func isComponent(_ file: URL) -> Bool {
  guard let bytes = try? Data(contentsOf: file) else { return true }
  // Behind the magic number stand the version and the layer, which is 1 for components.
  if bytes.starts(with: [0, 0x61, 0x73, 0x6d]) { return bytes.dropFirst(6).first == 1 }
  var text = Substring(decoding: bytes, as: UTF8.self).drop { $0 == "\u{FEFF}" }
  skipComments(&text)
  guard text.first == "(" else { return false }
  text = text.dropFirst()
  skipComments(&text)
  return text.hasPrefix("component")
}

/// Skips white space and comments of the text format. Those in `(;` and `;)` nest.
private func skipComments(_ text: inout Substring) {
  while true {
    text = text.drop(while: \.isWhitespace)
    if text.hasPrefix(";;") {
      text = text.drop { !$0.isNewline }
    } else if text.hasPrefix("(;") {
      var depth = 0
      repeat {
        let edge = text.prefix(2)
        if edge == "(;" { depth += 1 } else if edge == ";)" { depth -= 1 }
        text = text.dropFirst(edge == "(;" || edge == ";)" ? 2 : 1)
      } while depth > 0 && !text.isEmpty
    } else {
      return
    }
  }
}
