import Foundation

/// A value that threads share.
final class Locked<Value>: @unchecked Sendable {
  // The lock guards it.
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  /// What `body` gives, which has the value for itself meanwhile. It must not come back here.
  func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}

/// Puts something else in a place, and gives what was there.
func swapping<Value>(_ place: inout Value, _ value: Value) -> Value {
  defer { place = value }
  return place
}
