public import Foundation
public import Trimaran

extension WasmtimeError: LocalizedError {
  /// The sentence for a person, which `localizedDescription` gives. Of a `LocalizedError` that a host function threw it has that
  /// error's own words.
  public var errorDescription: String? {
    let words = thrown(as: (any LocalizedError).self)?.errorDescription
    return words.map { "a host function failed: \($0)" } ?? description
  }
}

extension RowError: LocalizedError {
  /// The sentence for a person, which `localizedDescription` gives: the row, and what the error says of itself.
  public var errorDescription: String? { "row \(row): \(error.localizedDescription)" }
}

extension Module: Codable {
  /// Makes a module from what it was encoded as; see ``Trimaran/Module/init(unpack:)``, whose errors come out as they are.
  public convenience init(from decoder: any Decoder) throws {
    try self.init(unpack: decoder.singleValueContainer().decode(Data.self))
  }

  /// Encodes the compiled module with the configuration of its engine, as `pack()` gives it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(copied(pack()))
  }
}
