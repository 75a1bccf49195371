public import Foundation
public import Trimaran

extension WasmtimeError: LocalizedError {
  /// The sentence for a person, which `localizedDescription` gives.
  public var errorDescription: String? { description }
}

extension Module: Codable {
  /// Makes a module from what it was encoded as; see ``Trimaran/Module/init(unpack:)``, whose errors come out as they are.
  public convenience init(from decoder: any Decoder) throws {
    try self.init(unpack: decoder.singleValueContainer().decode(Data.self))
  }

  /// Encodes the compiled module with the configuration of its engine, as `pack()` gives it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(try pack() as [UInt8]))
  }
}
