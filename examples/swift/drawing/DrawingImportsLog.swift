// Made by Trimaran 0.1.0, of the world `example:drawing/drawing@1.0.0` in examples/wit/drawing.wit. A change here is lost when it is made again:
//     trimaran bindgen swift examples/wit/drawing.wit -o examples/swift/drawing

import TrimaranComponent

extension Drawing.Imports {
  /// The interface `example:drawing/log@1.0.0`, which the host implements.
  ///
  /// What the component tells its host.
  public enum Log {
    /// What the host implements of the interface `example:drawing/log@1.0.0`.
    public protocol Host: Sendable {
      /// Takes a line of text.
      func write(text: String) throws
    }
  }
}

extension Drawing.Imports.Log {
  static func define(in place: LinkerInstance, _ host: some Host) throws(WasmtimeError) {
    try Wit.define(place, "write", ["text": .string], result: nil) { reader, _ in
      try host.write(text: reader.string())
    }
  }
}
