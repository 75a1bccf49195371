// What of the system's C library is needed: locks, and memory that may not be there. Nothing else names that library.

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Android)
  internal import Android
#endif

/// Room for `count` bytes, at least one: some systems have no address for none. `nil` where there is no such room.
@usableFromInline
package func makeRoom(_ count: Int) -> UnsafeMutableRawPointer? { malloc(max(count, 1)) }

/// Gives room back.
@usableFromInline
package func freeRoom(_ room: UnsafeMutableRawPointer?) { free(room) }

/// A value that threads share.
package final class Locked<Value>: @unchecked Sendable {
  // The lock guards the value.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  package init(_ value: Value) {
    self.value = value
    let status = pthread_mutex_init(lock, nil)
    precondition(status == 0, "the system has no room for a lock")
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  /// What `body` gives, which has the value for itself meanwhile. It must not come back here.
  package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value)
  }
}

/// Puts something else in a place, and gives what was there.
func swapping<Value>(_ place: inout Value, _ value: Value) -> Value {
  defer { place = value }
  return place
}
