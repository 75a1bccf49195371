/// Shows where the guests of a store spend their time: it notes every now and then which functions they are in.
///
/// ```swift
/// let profiler = try Profiler(store)
/// try run(store)
/// profiler.stop()
/// try profiler.save(toFile: "profile.json")
/// ```
///
/// The file is for the Firefox Profiler (<https://profiler.firefox.com>), with the names of functions and, where the module has
/// DWARF, files and lines.
///
/// A guest is seen in its loops and calls, and when a host function returns: the time of that counts for the function that has
/// called it. What the host functions do is not seen, and neither is time in which no guest runs, or one waits for an async
/// host function. A stack has 256 calls at most: the innermost. A profile keeps up to 1,000,000 different calls. A profiler
/// that nothing refers to any more has ended.
public final class Profiler: Sendable {
  private let core: Core.Profiler

  /// Begins to note where the guests of the store are, each time they have run for `interval`.
  ///
  /// - Parameters:
  ///   - store: The store.
  ///   - interval: How far samples lie apart: a number of milliseconds, 1 to 60,000.
  ///   - maxSamples: How many samples it keeps, 1 to 1,000,000: 100,000 are 100 seconds of a guest. Those that come later are
  ///     lost.
  /// - Throws: `config` unless ``Config/epochInterruption`` is set, `busy` where the store has a profiler that is not stopped,
  ///   `range` for other numbers, and `closed` where the store is closed.
  public init(
    _ store: Store,
    interval: Duration = .milliseconds(1),
    maxSamples: UInt64 = 100_000
  ) throws(WasmtimeError) {
    guard interval >= .zero else { throw negative("the interval", interval) }
    core = try Core.Profiler(
      store: store.core,
      milliseconds: milliseconds(interval),
      maxSamples: maxSamples
    )
  }

  /// How many samples it has.
  public var samples: UInt64 {
    // The core has no way to fail here.
    (try? core.samples()) ?? 0
  }

  /// How many samples it had no room for.
  public var lostSamples: UInt64 {
    // The core has no way to fail here.
    (try? core.lostSamples()) ?? 0
  }

  /// Ends it. What it has noted stays. A second `stop` does nothing.
  public func stop() {
    // The core has no way to fail here.
    try? core.stop()
  }

  /// What it has noted until now, as JSON in the processed format of the Firefox Profiler. It looks up lines for 2 seconds at
  /// most: of places with the most samples first. The profiler may go on, and its store may be closed.
  ///
  /// - Returns: The JSON.
  public func json() throws(WasmtimeError) -> String {
    try core.json()
  }

  /// Writes what ``json()`` gives to a file.
  ///
  /// - Parameter path: The file.
  /// - Throws: `io` if the file cannot be written.
  public func save(toFile path: String) throws(WasmtimeError) {
    try core.save(path: path)
  }
}
