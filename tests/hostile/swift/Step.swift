import Foundation
import Trimaran
import TrimaranFoundation

/// A line, and the lines inside it.
final class Step: @unchecked Sendable {
  let number: Int
  let words: [String]
  // Written while the text is parsed, before anything runs.
  private(set) var inside: [Step] = []

  static let blocks: Set = ["thread", "virtual", "parallel", "background", "repeat", "flat", "within", "deadline", "cancel"]

  init(_ number: Int, _ words: [String]) {
    self.number = number
    self.words = words
  }

  subscript(place: Int) -> String { words[place] }

  func int(_ place: Int) -> Int { Int(words[place]) ?? 0 }

  /// The steps of a case. `end` closes a block.
  static func parse(_ text: String) -> [Step] {
    let root = Step(0, [])
    var open = [root]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let words = line.split(separator: " ").map(String.init)
      guard let op = words.first else { continue }
      if op == "end" {
        open.removeLast()
        continue
      }
      let step = Step(index + 1, words)
      open.last?.inside.append(step)
      if blocks.contains(op) { open.append(step) }
    }
    return root.inside
  }
}

/// What a host function throws.
final class Oops: Error {}

/// A mistake of a case.
struct Mistake: Error { let text: String }

/// An error as every language names it.
func named(_ error: any Error) -> String {
  if error is CancellationError { return "!Thrown" }
  guard let error = error as? WasmtimeError else { return "!!\(error)" }
  func capitalized(_ label: String) -> String { label.prefix(1).uppercased() + label.dropFirst() }
  switch error {
  case .thrown(let thrown): return thrown is Oops || thrown is CancellationError ? "!Thrown" : named(thrown)
  case .trap(let code, _, _, _): return "!Trap \(code.map { capitalized("\($0)") } ?? "none")"
  case .exit(let status): return "!Exit \(status)"
  // A mirror shows the names of those cases alone that hold something.
  case .poisoned: return "!Poisoned"
  case .escaped: return "!Escaped"
  default: return "!" + capitalized(Mirror(reflecting: error).children.first?.label ?? "\(error)")
  }
}

/// The same numbers in every language.
struct Randoms {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}

extension String {
  /// A number, also one of KiB.
  var size: UInt64 { hasSuffix("K") ? (UInt64(dropLast()) ?? 0) * 1024 : UInt64(self) ?? 0 }

  /// The two sides of `=`.
  var pair: (String, String) {
    let parts = split(separator: "=").map(String.init)
    return (parts[0], parts[1])
  }
}
