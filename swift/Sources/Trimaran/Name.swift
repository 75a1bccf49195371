// Names as WebAssembly has them.

/// A name of an item, which is its bytes of UTF-8. Strings of Swift are equal where they mean the same characters, as "å" in one
/// scalar and in two; to WebAssembly these are two names (core specification, section "Names").
struct Name: Hashable, Sendable {
  private let text: String

  init(_ text: String) { self.text = text }

  static func == (one: Name, other: Name) -> Bool {
    one.text.utf8.count == other.text.utf8.count && one.text.utf8.elementsEqual(other.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
