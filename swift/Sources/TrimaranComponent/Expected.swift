// What a closure over types of Swift can be defined for: checked when a component is linked that imports it.

import Trimaran

/// Which types of a component the values of a type of Swift go into, and come out of, as far as the types tell: whether a number fits
/// is known when there is one.
indirect enum Expected: Sendable {
  /// Any: ``ComponentValue``, and types that conform in other modules.
  case any
  case bool, integer, f32, float, char, string, record, resource, stream, future
  case list(Expected)
  case option(Expected)

  /// What a type of Swift expects.
  static func of(_ type: any ComponentConvertible.Type) -> Expected {
    (type as? any Expecting.Type)?.expected ?? .any
  }

  /// Whether it takes values of that type.
  func takes(_ type: ComponentType) -> Bool {
    switch (self, type.kind) {
    case (.any, _), (.bool, .bool), (.f32, .f32), (.float, .f32), (.float, .f64), (.char, .char): true
    case (.string, .string), (.string, .enum), (.record, .record), (.resource, .own), (.resource, .borrow): true
    case (.stream, .stream), (.future, .future): true
    case (.integer, let kind): kind.isInteger
    case (.list(let part), .list), (.list(let part), .tuple), (.option(let part), .option): type.all(part.takes)
    default: false
    }
  }

  /// Whether a value of it can be given where that type is expected.
  func gives(_ type: ComponentType) -> Bool {
    switch (self, type.kind) {
    case (.any, _), (.bool, .bool), (.char, .char), (.record, .record), (.resource, .own), (.resource, .borrow): true
    case (.stream, .stream), (.future, .future): true
    case (.f32, .f32), (.f32, .f64), (.float, .f32), (.float, .f64), (.integer, .f32), (.integer, .f64): true
    case (.string, .string), (.string, .char), (.string, .enum), (.string, .variant), (.list(.string), .flags): true
    case (.list(let part), .list), (.list(let part), .tuple), (.option(let part), .option): type.all(part.gives)
    // What is there may be given as it is, unless it is an option itself.
    case (_, .option): type.all { $0.kind != .option && gives($0) }
    case (.integer, let kind): kind.isInteger
    default: false
    }
  }
}

/// A type of Swift whose values are of a few types of a component's only.
protocol Expecting {
  static var expected: Expected { get }
}

extension Expecting where Self: FixedWidthInteger {
  static var expected: Expected { .integer }
}

extension Int: Expecting {}
extension UInt: Expecting {}
extension Int8: Expecting {}
extension UInt8: Expecting {}
extension Int16: Expecting {}
extension UInt16: Expecting {}
extension Int32: Expecting {}
extension UInt32: Expecting {}
extension Int64: Expecting {}
extension UInt64: Expecting {}
extension Bool: Expecting { static var expected: Expected { .bool } }
extension Float: Expecting { static var expected: Expected { .f32 } }
extension Double: Expecting { static var expected: Expected { .float } }
extension Unicode.Scalar: Expecting { static var expected: Expected { .char } }
extension String: Expecting { static var expected: Expected { .string } }
extension Record: Expecting { static var expected: Expected { .record } }
extension Resource: Expecting { static var expected: Expected { .resource } }
extension ComponentStream: Expecting { static var expected: Expected { .stream } }
extension ComponentFuture: Expecting { static var expected: Expected { .future } }

extension Array: Expecting where Element: ComponentConvertible {
  static var expected: Expected { .list(.of(Element.self)) }
}

extension Optional: Expecting where Wrapped: ComponentConvertible {
  static var expected: Expected { .option(.of(Wrapped.self)) }
}

extension ComponentType {
  /// Whether all its parts are such.
  fileprivate func all(_ isSuch: (ComponentType) -> Bool) -> Bool {
    parts.allSatisfy { part in part.map(isSuch) ?? true }
  }
}

extension ComponentType.Kind {
  fileprivate var isInteger: Bool {
    switch self {
    case .s8, .u8, .s16, .u16, .s32, .u32, .s64, .u64: true
    default: false
    }
  }
}

/// The types of a closure: of its parameters, and of what it gives.
@usableFromInline
struct HostTypes: Sendable {
  private let params: [(name: String, expected: Expected)]
  private let result: (name: String, expected: Expected)?

  @usableFromInline
  init(_ params: [any ComponentConvertible.Type], _ result: (any ComponentConvertible.Type)?) {
    self.params = params.map { ("\($0)", .of($0)) }
    self.result = result.map { ("\($0)", .of($0)) }
  }

  /// Fails with `link` where a component imports the function by a type that the closure is not for. The name is in words.
  func check(_ type: ComponentType, _ name: String) throws(WasmtimeError) {
    func fail(_ place: String, _ mine: String, _ word: String, _ found: String) -> WasmtimeError {
      let reason = "the function \(name): \(place)the host's function \(mine), and the component \(word) \(found)"
      return .link(reason: reason, module: "", name: "")
    }
    let (names, parts) = (type.names, type.parts)
    guard params.count == names.count else {
      throw fail("", "takes \(counted(params.count, "argument"))", "gives", "\(names.count)")
    }
    for (index, param) in params.enumerated() {
      guard let part = parts[index], !param.expected.takes(part) else { continue }
      throw fail("parameter \"\(names[index])\": ", "takes \(param.name)", "gives", "\(part)")
    }
    let part = parts.count > names.count ? parts[names.count] : nil
    switch (result, part) {
    case (nil, nil): return
    case (let result?, let part?) where result.expected.gives(part): return
    default: throw fail("result: ", "gives \(result?.name ?? "nothing")", "takes", part.map { "\($0)" } ?? "nothing")
    }
  }
}

/// So many things of a word.
func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
