// The end of a stream, or of a future, that the host reads.

internal import CTrimaran
import Trimaran

/// The end that a guest gave.
final class End: Sendable {
  let core: Core.ComponentStream
  private let store: Store
  /// How what is read is made of bytes, once something has been read.
  private let known = Locked<FuncCodec?>(nil)

  init(_ core: consuming Core.ComponentStream, _ store: Store) {
    self.core = core
    self.store = store
  }

  var isAlive: Bool { (try? core.isAlive()) ?? false }

  func close() { try? core.release() }

  /// Reads so many elements at most, as a list, or the value of a future.
  func read(_ most: Int) throws(WasmtimeError) -> ComponentValue? {
    let (most, codec) = (try checked(most), try codec())
    var (taken, error) = (trimaran_taken(), trimaran_bytes())
    let status = withExtendedLifetime(self) {
      trimaran_component_stream_read(core.pointer, store.core.pointer, most, &taken, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    defer { if taken.owner != nil { trimaran_component_values_free(taken.owner) } }
    return try codec.result(&taken, store)
  }

  /// Starts the same.
  func start(_ most: Int) throws(WasmtimeError) -> ComponentRun<ComponentValue?> {
    let (most, codec) = (try checked(most), try codec())
    var (run, error): (OpaquePointer?, trimaran_bytes) = (nil, trimaran_bytes())
    let status = withExtendedLifetime(self) {
      trimaran_component_stream_start_read(core.pointer, store.core.pointer, most, &run, &error)
    }
    if status != 0 { throw WasmtimeError.left(error) }
    return ComponentRun(run, store) { (came, store) throws(WasmtimeError) in try codec.result(&came.values, store) }
  }

  private func checked(_ most: Int) throws(WasmtimeError) -> UInt32 {
    if let most = UInt32(exactly: most), most > 0 { return most }
    throw .range(reason: "the number of elements is \(most): expected a u32, from 1 to \(UInt32.max)")
  }

  private func codec() throws(WasmtimeError) -> FuncCodec {
    if let known = known.withLock({ $0 }) { return known }
    // The parameters have no names there: the result is the last part.
    let result = ComponentType(try core.types()).parts.last ?? nil
    let codec = FuncCodec(params: [], result: result?.codec())
    known.withLock { $0 = codec }
    return codec
  }
}
