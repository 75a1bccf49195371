// What bindings were made of, against the types of a component: where a stream would be misread, there is an error.

import Trimaran

extension Wit {
  /// The type of a value, as bindings have it.
  public indirect enum Shape: Sendable {
    case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string
    /// A list, with the shape of its elements.
    case list(Shape)
    /// An option, with the shape of its value.
    case option(Shape)
    /// A result, with the shape of what it carries where it is well, and where it is not.
    case result(Shape?, Shape?)
    /// A tuple.
    case tuple([Shape])
    /// A record, with its fields.
    case record(KeyValuePairs<String, Shape>)
    /// A variant, with its cases.
    case variant(KeyValuePairs<String, Shape?>)
    /// The cases of an enumeration.
    case `enum`([String])
    /// Flags.
    case flags([String])
    /// A resource that is given away.
    case own
    /// A resource that is lent.
    case borrow
  }

  /// The type of a function, as bindings have it.
  struct Signature: Sendable {
    let params: KeyValuePairs<String, Shape>
    let result: Shape?

    init(_ params: KeyValuePairs<String, Shape>, _ result: Shape?) { (self.params, self.result) = (params, result) }
  }
}

/// Why bindings do not belong to a component. The path leads to the place from the innermost part on.
private struct Misshape: Error {
  var path: [String] = []
  let expected: String
  let found: String

  init(_ expected: String, _ found: String) { (self.expected, self.found) = (expected, found) }
}

extension Wit.Signature {
  /// Checks the type of a function.
  ///
  /// - Parameters:
  ///   - type: What the component has.
  ///   - name: The function's names, in words.
  /// - Throws: `link`, where they differ.
  func check(_ type: ComponentType, _ name: String) throws(WasmtimeError) {
    do throws(Misshape) {
      try compare(type)
    } catch {
      let place = error.path.reversed().map { "\($0): " }.joined()
      let reason =
        "the function \(name): \(place)the bindings were made for \(error.expected), and the component has "
        + "\(error.found): make the bindings again"
      throw .link(reason: reason, module: "", name: "")
    }
  }

  private func compare(_ type: ComponentType) throws(Misshape) {
    let (parts, count) = (type.parts, type.names.count)
    guard params.count == count else { throw Misshape(counted(params.count), counted(count)) }
    for (param, found) in zip(params, parts) {
      try at("parameter \"\(param.key)\"") { () throws(Misshape) in try fit(param.value, found) }
    }
    try at("result") { () throws(Misshape) in try fit(result, parts.count > count ? parts[count] : nil) }
  }
}

private func counted(_ count: Int) -> String { "\(count) parameter\(count == 1 ? "" : "s")" }

private func at(_ part: @autoclosure () -> String, _ work: () throws(Misshape) -> Void) throws(Misshape) {
  do throws(Misshape) {
    try work()
  } catch {
    var misshape = error
    misshape.path.append(part())
    throw misshape
  }
}

/// Checks a part that may be nothing.
private func fit(_ shape: Wit.Shape?, _ type: ComponentType?) throws(Misshape) {
  switch (shape, type) {
  case (nil, nil): return
  case (let shape?, let type?): try fit(shape, type)
  case (let shape, let type): throw Misshape(shape?.word ?? "nothing", type?.kind.rawValue ?? "nothing")
  }
}

private func fit(_ shape: Wit.Shape, _ type: ComponentType) throws(Misshape) {
  let found = type.kind.rawValue
  guard shape.word == found else { throw Misshape(shape.word, found) }
  let parts = type.parts
  func part(_ place: Int) -> ComponentType? { parts.indices.contains(place) ? parts[place] : nil }
  switch shape {
  case .list(let element): try at("element") { () throws(Misshape) in try fit(element, part(0)) }
  case .option(let value): try at("some") { () throws(Misshape) in try fit(value, part(0)) }
  case .result(let ok, let error):
    try at("ok") { () throws(Misshape) in try fit(ok, part(0)) }
    try at("error") { () throws(Misshape) in try fit(error, part(1)) }
  case .tuple(let items):
    guard items.count == parts.count else { throw Misshape("\(items.count) items", "\(parts.count) items") }
    for (place, item) in items.enumerated() {
      try at("item \(place)") { () throws(Misshape) in try fit(item, parts[place]) }
    }
  case .record(let fields):
    try same("the fields", fields.map(\.key), type.names)
    for (field, found) in zip(fields, parts) {
      try at("field \"\(field.key)\"") { () throws(Misshape) in try fit(field.value, found) }
    }
  case .variant(let cases):
    try same("the cases", cases.map(\.key), type.names)
    for (one, found) in zip(cases, parts) {
      try at("case \"\(one.key)\"") { () throws(Misshape) in try fit(one.value, found) }
    }
  case .enum(let names): try same("the cases", names, type.names)
  case .flags(let names): try same("the flags", names, type.names)
  case .bool, .s8, .u8, .s16, .u16, .s32, .u32, .s64, .u64, .f32, .f64, .char, .string, .own, .borrow: break
  }
}

/// Fails where the names are not the same, in the same order.
private func same(_ what: String, _ expected: [String], _ found: [String]) throws(Misshape) {
  if expected == found { return }
  func list(_ names: [String]) -> String {
    "\(what) " + names.prefix(32).map { "`\($0)`" }.joined(separator: ", ")
  }
  throw Misshape(list(expected), list(found))
}

extension Wit.Shape {
  /// WIT's word for it.
  fileprivate var word: String {
    switch self {
    case .bool: "bool"
    case .s8: "s8"
    case .u8: "u8"
    case .s16: "s16"
    case .u16: "u16"
    case .s32: "s32"
    case .u32: "u32"
    case .s64: "s64"
    case .u64: "u64"
    case .f32: "f32"
    case .f64: "f64"
    case .char: "char"
    case .string: "string"
    case .list: "list"
    case .option: "option"
    case .result: "result"
    case .tuple: "tuple"
    case .record: "record"
    case .variant: "variant"
    case .enum: "enum"
    case .flags: "flags"
    case .own: "own"
    case .borrow: "borrow"
    }
  }
}
