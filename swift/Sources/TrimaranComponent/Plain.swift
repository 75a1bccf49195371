// Plain functions, whose values each have a slot: see core/src/component/abi/plain.rs.

internal import CTrimaran
import Trimaran

/// The slot of a value that is of that very type.
@inline(__always)
func slot(_ value: ComponentValue, _ kind: Core.ComponentTypeKind) -> UInt64? {
  switch (kind, value) {
  case (.u32, .u32(let number)): UInt64(number)
  case (.s32, .s32(let number)): UInt64(UInt32(bitPattern: number))
  case (.u64, .u64(let number)): number
  case (.s64, .s64(let number)): UInt64(bitPattern: number)
  case (.f32, .f32(let number)): UInt64(number.bitPattern)
  case (.f64, .f64(let number)): number.bitPattern
  case (.bool, .bool(let bool)): bool ? 1 : 0
  case (.u8, .u8(let number)): UInt64(number)
  case (.s8, .s8(let number)): UInt64(UInt8(bitPattern: number))
  case (.u16, .u16(let number)): UInt64(number)
  case (.s16, .s16(let number)): UInt64(UInt16(bitPattern: number))
  case (.char, .char(let scalar)): UInt64(scalar.value)
  default: nil
  }
}

/// The value of a slot.
@inline(__always)
func value(_ slot: UInt64, _ kind: Core.ComponentTypeKind) -> ComponentValue {
  switch kind {
  case .u32: .u32(UInt32(truncatingIfNeeded: slot))
  case .s32: .s32(Int32(truncatingIfNeeded: slot))
  case .u64: .u64(slot)
  case .s64: .s64(Int64(bitPattern: slot))
  case .f32: .f32(Float(bitPattern: UInt32(truncatingIfNeeded: slot)))
  case .f64: .f64(Double(bitPattern: slot))
  case .bool: .bool(slot != 0)
  case .u8: .u8(UInt8(truncatingIfNeeded: slot))
  case .s8: .s8(Int8(truncatingIfNeeded: slot))
  case .u16: .u16(UInt16(truncatingIfNeeded: slot))
  case .s16: .s16(Int16(truncatingIfNeeded: slot))
  case .char: .char(Unicode.Scalar(UInt32(truncatingIfNeeded: slot)) ?? "\u{FFFD}")
  default: preconditionFailure("a value that has no slot")
  }
}

extension Func {
  /// Whether the core has `func` as a plain one, with one handle at most.
  static func isPlain(_ core: borrowing Core.ComponentFunc, _ codec: FuncCodec) -> Bool {
    let handles = codec.kinds.filter { $0 == .own || $0 == .borrow }
    return trimaran_component_func_is_plain(core.pointer) && handles.count <= 1
  }

  /// Calls a plain function with as many of the slots. That of the resource is 0.
  @inline(__always)
  func callPlain(
    _ store: Store,
    _ first: UInt64 = 0,
    _ second: UInt64 = 0,
    count: Int
  ) throws(WasmtimeError) -> ComponentValue? {
    try enterPlain(store, first, second, count, nil, isOwn: false)
  }

  /// Calls a plain function whose first parameter is a handle of that resource.
  @inline(__always)
  func callPlain(
    _ store: Store,
    _ resource: Resource,
    _ second: UInt64 = 0,
    count: Int
  ) throws(WasmtimeError) -> ComponentValue? {
    let isOwn = codec.kinds[0] == .own
    return try withExtendedLifetime(resource) { () throws(WasmtimeError) in
      try enterPlain(store, 0, second, count, resource.core.pointer, isOwn: isOwn)
    }
  }

  @inline(__always)
  private func enterPlain(
    _ store: Store,
    _ first: UInt64,
    _ second: UInt64,
    _ count: Int,
    _ resource: OpaquePointer?,
    isOwn: Bool
  ) throws(WasmtimeError) -> ComponentValue? {
    var slots = (first, second)
    var (result, error) = (UInt64(0), trimaran_bytes())
    // What runs may call host functions, which look for their store.
    let status = withExtendedLifetime(self) {
      withExtendedLifetime(store) {
        withUnsafeBytes(of: &slots) { slots in
          trimaran_component_func_call_plain(
            core.pointer,
            store.core.pointer,
            slots.baseAddress?.assumingMemoryBound(to: UInt64.self),
            count,
            resource,
            isOwn,
            &result,
            &error
          )
        }
      }
    }
    if status != 0 { throw WasmtimeError.left(error) }
    guard let kind = codec.resultKind else { return nil }
    return value(result, kind)
  }
}
