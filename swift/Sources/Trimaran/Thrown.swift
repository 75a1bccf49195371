/// What functions and callbacks of the host threw, while the core carries it past the guests: by a number, which no other
/// error has.
enum Thrown {
  private static let kept = Locked<(errors: [UInt64: any Error], last: UInt64)>(([:], 0))

  /// Keeps an error, and gives its number.
  static func keep(_ error: any Error) -> UInt64 {
    kept.withLock { kept in
      kept.last += 1
      kept.errors[kept.last] = error
      return kept.last
    }
  }

  /// Takes the error out that was kept under a number, as what comes out of a call.
  static func take(_ number: UInt64) -> WasmtimeError? {
    kept.withLock { $0.errors.removeValue(forKey: number) }.map { error in error as? WasmtimeError ?? .thrown(error) }
  }
}
