public import Foundation
public import TrimaranComponent

extension Component: Codable {
  /// Makes a component from what it was encoded as; see ``TrimaranComponent/Component/init(unpack:)``, whose errors come out as they
  /// are.
  public convenience init(from decoder: any Decoder) throws {
    try self.init(unpack: decoder.singleValueContainer().decode(Data.self))
  }

  /// Encodes the compiled component with the configuration of its engine, as `pack()` gives it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(copied(pack()))
  }
}

extension Data: ComponentConvertible {
  /// The bytes as a `list<u8>`.
  public var componentValue: ComponentValue { .bytes([UInt8](self)) }

  /// The bytes of a `list<u8>`. Fails with `type` for anything else.
  public init(_ value: ComponentValue) throws(WasmtimeError) { self = try copied([UInt8](value)) }
}
