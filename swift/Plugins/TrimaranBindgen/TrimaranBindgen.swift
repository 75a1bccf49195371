import Foundation
import PackagePlugin

/// Makes typed bindings when a target is built: of each WIT file and each component in its folder, in the binary or the text format, and of
/// a folder `wit` there, which has its packages in `wit/deps`.
///
/// A world in several files is one of the folder `wit`. What a file has must be one world.
@main
struct TrimaranBindgen: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target.sourceModule else { return [] }
    let tool = try context.tool(named: "TrimaranCLI").url
    let files = module.sourceFiles.map(\.url)
    let folder = URL(fileURLWithPath: target.directory.string).appending(component: "wit").standardizedFileURL
    let inside = files.filter { $0.standardizedFileURL.path.hasPrefix(folder.path + "/") }
    let kinds: Set = ["wit", "wasm", "wat"]
    var sources = files.filter { kinds.contains($0.pathExtension) && !inside.contains($0) }.map { ($0, [$0]) }
    if !inside.isEmpty { sources.append((folder, inside)) }
    return sources.map { source, inputs in
      let name = source.deletingPathExtension().lastPathComponent
      let output = context.pluginWorkDirectoryURL.appending(component: "\(name).bindings.swift")
      return .buildCommand(
        displayName: "Making bindings of \(source.lastPathComponent)",
        executable: tool,
        arguments: ["bindgen", "swift", source.path, "-o", output.path],
        inputFiles: inputs,
        outputFiles: [output]
      )
    }
  }
}
