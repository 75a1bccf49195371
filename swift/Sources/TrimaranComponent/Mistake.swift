// What is wrong with a value: where it lies is found on the way out, and core has the words.

import Trimaran

/// A value that does not fit its type.
struct Mistake: Error {
  private let what: Core.ComponentMistake
  /// The parts of the path, from the innermost one.
  private var path: [String] = []

  init(_ what: Core.ComponentMistake) { self.what = what }

  /// The same, in a value that lies around it.
  func inside(_ part: String) -> Mistake {
    var mistake = self
    mistake.path.append(part)
    return mistake
  }

  /// The error for it.
  var error: WasmtimeError {
    do throws(WasmtimeError) {
      try Core.refuseComponentValue(path: path.reversed(), mistake: what)
      return .unexpected(reason: "a value was refused, and nothing is wrong with it")
    } catch {
      return error
    }
  }

  /// A value of another kind.
  static func kind(_ expected: Core.ComponentTypeKind, _ found: ComponentValue) -> Mistake {
    Mistake(.kind(expected: expected, found: found.word))
  }

  /// A number that the type does not have.
  static func range(_ expected: Core.ComponentTypeKind, _ found: String) -> Mistake {
    Mistake(.range(expected: expected, found: found))
  }
}
