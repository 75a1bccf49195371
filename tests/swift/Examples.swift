import Foundation

/// The examples in the comments of the sources.
enum Examples {
  /// How many examples the sources of a target have, and those that are not in these files, word for word.
  static func of(_ target: String, in files: String...) throws -> (count: Int, missing: [String]) {
    let here = try files.flatMap { file in
      lines(try String(contentsOf: URL(fileURLWithPath: file), encoding: .utf8).split(separator: "\n"))
    }
    let sources = folder("../swift").appendingPathComponent("Sources/\(target)")
    let page = sources.appendingPathComponent("\(target).docc/\(target).md")
    let pages = FileManager.default.fileExists(atPath: page.path) ? [page] : []
    let files = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil) + pages
    var (count, missing) = (0, [String]())
    for file in files.filter({ ["swift", "md"].contains($0.pathExtension) }) {
      for example in all(try String(contentsOf: file, encoding: .utf8)) {
        count += 1
        let isHere = here.indices.contains { here[$0...].starts(with: example) }
        if !isHere { missing.append("\(file.lastPathComponent): \(example.joined(separator: "\n"))") }
      }
    }
    return (count, missing)
  }

  /// The lines of each example of a file, but for what belongs into a manifest.
  private static func all(_ text: String) -> [[String]] {
    var (examples, current): ([[String]], [Substring]?) = ([], nil)
    for line in text.split(separator: "\n") {
      let line = line.drop { $0 == " " }.replacing(/^\/\/\/ ?/, with: "")
      if let example = current, line.hasPrefix("```") {
        examples.append(lines(example))
        current = nil
      } else if current != nil {
        current?.append(line[...])
      } else if line.hasPrefix("```swift") {
        current = []
      }
    }
    return examples.filter { $0.first?.hasPrefix("dependencies:") == false }
  }

  /// Lines with single spaces, empty ones and imports aside.
  private static func lines(_ lines: [Substring]) -> [String] {
    lines.map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty && $0 != "import Trimaran" }
  }
}
