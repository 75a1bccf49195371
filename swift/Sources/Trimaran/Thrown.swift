import Foundation

/// What host functions threw, while the core carries it past the guests: by a number, which no other error has.
enum Thrown {
  private static let kept = Kept()

  /// Keeps an error, and gives its number.
  static func keep(_ error: any Error) -> UInt64 { kept.add(error) }

  /// Takes the error out that was kept under a number, as what comes out of a call.
  static func take(_ number: UInt64) -> WasmtimeError? {
    kept.remove(number).map { error in error as? WasmtimeError ?? .thrown(error) }
  }

  private final class Kept: @unchecked Sendable {
    // The lock guards both.
    private let lock = NSLock()
    private var errors: [UInt64: any Error] = [:]
    private var last: UInt64 = 0

    func add(_ error: any Error) -> UInt64 {
      lock.withLock {
        last += 1
        errors[last] = error
        return last
      }
    }

    func remove(_ number: UInt64) -> (any Error)? {
      lock.withLock { errors.removeValue(forKey: number) }
    }
  }
}
