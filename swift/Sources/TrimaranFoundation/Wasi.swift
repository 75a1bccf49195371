public import Foundation
public import Trimaran

extension WasiInput {
  /// These bytes.
  @_disfavoredOverload
  public static func bytes(_ data: Data) -> WasiInput { .bytes([UInt8](data)) }
}

extension WasiOutput {
  /// A closure, which gets what the guest writes as `Data`; see `callback` of `Trimaran`.
  @_disfavoredOverload
  public static func callback(_ body: @escaping @Sendable (Data) throws -> Void) -> WasiOutput {
    .callback { (bytes: [UInt8]) in try body(Data(bytes)) }
  }
}

extension Preopen {
  /// The directory at `url`, as `guestPath` for the guest. A URL of no file names no directory: `setWasi` throws `io` for it.
  public init(
    _ url: URL,
    as guestPath: String,
    readOnly: Bool = false,
    maxBytes: UInt64? = nil,
    maxFiles: UInt64? = nil
  ) {
    let path = url.isFileURL ? url.path(percentEncoded: false) : url.absoluteString
    self.init(path, as: guestPath, readOnly: readOnly, maxBytes: maxBytes, maxFiles: maxFiles)
  }
}

extension OutputPipe {
  /// Takes everything out of it, as `Data`.
  @_disfavoredOverload
  public func take() throws(WasmtimeError) -> Data { try copied(take()) }
}
