import Foundation

/// A file of result lines, which an environment variable names: made anew by each run, and not at all where the variable is
/// not set. Tests run in parallel; the lines of one of them stay together.
final class ResultFile: @unchecked Sendable {
  // The lock guards the file.
  private let lock = NSLock()
  private let file: FileHandle?

  /// - Parameter variable: The name of the environment variable.
  init(_ variable: String) {
    guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else {
      file = nil
      return
    }
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { fatalError("\(path) cannot be written") }
    self.file = file
  }

  /// Writes lines, each with its end.
  func add(_ lines: String) {
    guard let file else { return }
    lock.withLock { file.write(Data(lines.utf8)) }
  }
}
