import Trimaran

/// Compares an error with what a case expects of it.
func check(_ found: WasmtimeError, _ expected: JSON, _ mistakes: [String: Mistake]) throws {
  guard let expected = expected.object else { throw Problem("`error` is no object") }
  if let name = expected["thrown"]?.string, expected.count == 1 {
    guard case .thrown(let error as Mistake) = found, error === mistakes[name] else {
      throw Problem("its error is \(found): expected what was thrown as `\(name)`")
    }
    return
  }
  if case .thrown(let error) = found { throw Problem("it threw \(error)") }
  if expected["variant"] == nil { throw Problem("`error` has no `variant`") }
  let fields = fields(of: found)
  for (name, value) in expected {
    let agrees: Bool
    if name == "contains" {
      guard let parts = value.array else { throw Problem("`contains` is no list") }
      agrees = parts.allSatisfy { part in part.string.map { found.description.contains(spelled($0)) } ?? false }
    } else {
      agrees = fields[name] == (value.string.map { .string(spelled($0)) } ?? value)
    }
    if !agrees { throw Problem("its error is \(JSON.object(fields)): `\(name)` differs") }
  }
}

/// The same, with names as Swift spells them, which stand in braces in the cases.
func spelled(_ text: String) -> String {
  text.replacing(/\{([a-z]+(?:_[a-z]+)+)\}/) { match in
    match.1.split(separator: "_").enumerated()
      .map { $0.offset == 0 ? String($0.element) : $0.element.prefix(1).uppercased() + $0.element.dropFirst() }.joined()
  }
}

/// The variant of an error. A case is called after it, but for its first letter.
func variant(of error: WasmtimeError) -> String {
  // Those without fields have no label.
  if case .poisoned = error { return "Poisoned" }
  if case .escaped = error { return "Escaped" }
  let label = Mirror(reflecting: error).children.first?.label ?? "\(error)"
  return label.prefix(1).uppercased() + label.dropFirst()
}

/// The variant, the sentence and the fields of an error.
func fields(of error: WasmtimeError) -> [String: JSON] {
  var fields: [String: JSON] = ["variant": .string(variant(of: error)), "text": .string(error.description)]
  func capitalized(_ value: some Any) -> JSON {
    .string("\(value)".prefix(1).uppercased() + "\(value)".dropFirst())
  }
  switch error {
  case .syntax(_, let line, let column, _): fields.merge(["line": .int(line), "column": .int(column)]) { $1 }
  case .link(_, let module, let name): fields.merge(["module": .string(module), "name": .string(name)]) { $1 }
  case .trap(let code, _, let interruption, _):
    fields["code"] = code.map { capitalized($0) } ?? .null
    fields["interruption"] = interruption.map { capitalized($0) } ?? .null
  case .exit(let status): fields["status"] = .int(Int(status))
  case .bounds(let offset, let length, let size):
    let number = { (it: UInt64) in JSON.int(Int(clamping: it)) }
    fields.merge(["offset": number(offset), "length": number(length), "size": number(size)]) { $1 }
  case .encoding(_, let offset): fields["offset"] = .int(Int(clamping: offset))
  case .notFound(let name, _): fields["name"] = .string(name)
  default: break
  }
  return fields
}
