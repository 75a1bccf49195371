// Values in slots, and what kind each is. Kinds are numbers that the C header names.

internal import CTrimaran

extension Val {
  /// A number: its kind, and its bits; `nil` for a reference.
  var number: (kind: UInt8, bits: Slot)? {
    switch self {
    case .i32(let value): (0, value.slot)
    case .i64(let value): (1, value.slot)
    case .f32(let value): (2, value.slot)
    case .f64(let value): (3, value.slot)
    case .v128(let low, let high): (4, Slot(low: low, high: high))
    default: nil
    }
  }

  /// What came out in a slot. A reference is a hold that is ours from now on. (No initialiser: that would retain the
  /// store.)
  @inline(__always)
  static func taken(_ slot: Slot, kind: UInt8, _ store: Store) -> Val {
    switch kind {
    case 0: .i32(Int32(slot: slot))
    case 1: .i64(Int64(slot: slot))
    case 2: .f32(Float(slot: slot))
    case 3: .f64(Double(slot: slot))
    case 4: .v128(low: slot.low, high: slot.high)
    default: reference(slot.low, kind, store)
    }
  }

  @inline(__always)
  static func taken(_ value: trimaran_value, _ store: Store) -> Val {
    taken(Slot(low: value.slot.low, high: value.slot.high), kind: value.kind, store)
  }

  @inline(never)
  private static func reference(_ address: UInt64, _ kind: UInt8, _ store: Store) -> Val {
    let pointer = OpaquePointer(bitPattern: UInt(address))
    return switch kind {
    case 5: .funcRef(pointer.map { Func(Core.Func($0)) })
    case 6: .externRef(pointer.map { store.object(of: Reference(Core.Reference($0))) })
    case 7: .anyRef(pointer.map { Reference(Core.Reference($0)) })
    case 8: .exnRef(pointer.map { Reference(Core.Reference($0)) })
    default: .null
    }
  }
}

extension trimaran_value {
  /// A number as a slot and its kind; `nil` for a reference.
  init?(_ value: Val) {
    guard let (kind, bits) = value.number else { return nil }
    self.init(slot: trimaran_slot(low: bits.low, high: bits.high), kind: kind)
  }
}

extension Slot {
  /// A result of a host function, which the core has converted to `kind`. A reference is a hold that is the core's from
  /// now on.
  init(_ value: Core.Val, kind: UInt8) {
    self =
      switch value {
      case .i32(let value): value.slot
      case .i64(let value): value.slot
      case .f32(let bits): bits.slot
      case .f64(let bits): bits.slot
      case .v128(let low, let high): Slot(low: low, high: high)
      case .funcRef(let function?): Slot(low: address(function.core.kept()), high: UInt64(kind))
      case .externRef(let value?), .anyRef(let value?), .exnRef(let value?):
        Slot(low: address(value.core.kept()), high: UInt64(kind))
      case .funcRef(nil), .externRef(nil), .anyRef(nil), .exnRef(nil), .null: Slot(low: 0, high: UInt64(kind))
      }
  }
}

extension Store {
  /// A reference to a host object, which this store keeps.
  func reference(to object: any AnyObject & Sendable) throws(WasmtimeError) -> Reference {
    var reference: OpaquePointer?
    let retained = Unmanaged<AnyObject>.passRetained(object).toOpaque()
    try entering(self) { trimaran_extern_new(core.pointer, retained, releaseObject, &reference, $0) }
    return Reference(Core.Reference(made(reference)))
  }

  /// The host object that a reference is to; `nil` where it is to a value of a guest's.
  func object(_ reference: Reference) throws(WasmtimeError) -> (any AnyObject & Sendable)? {
    var object: UnsafeMutableRawPointer?
    // The core has it retained while it still holds it itself: another thread may close the store at any time.
    try entering(reference, self) {
      trimaran_extern_object(core.pointer, reference.core.pointer, retainObject, &object, $0)
    }
    // Only what is `Sendable` went in.
    return object.map { unsafeBitCast(Unmanaged<AnyObject>.fromOpaque($0).takeRetainedValue(), to: Kept.self) }
  }

  /// The host object that a reference is to, or the reference, where it is to a value of a guest's.
  fileprivate func object(of reference: Reference) -> any AnyObject & Sendable {
    // It can fail where another thread closes the store. Then the reference is of no use either, and says so.
    (try? object(reference)) ?? reference
  }

  private typealias Kept = any AnyObject & Sendable
}

/// Takes another hold on an object that the core keeps.
private func retainObject(_ object: UnsafeMutableRawPointer?) {
  object.map { _ = Unmanaged<AnyObject>.fromOpaque($0).retain() }
}

/// Lets go of an object that the core kept.
private func releaseObject(_ object: UnsafeMutableRawPointer?) {
  object.map { Unmanaged<AnyObject>.fromOpaque($0).release() }
}

extension Global {
  /// What it holds now.
  func value(_ store: Store) throws(WasmtimeError) -> Val {
    var value = trimaran_value()
    try entering(self, store) { trimaran_global_get_value(core.pointer, store.core.pointer, &value, $0) }
    return .taken(value, store)
  }

  /// Sets the global to a number of its very type, and says whether that could be done.
  func setPlain(_ store: Store, _ value: Val) throws(WasmtimeError) -> Bool {
    guard let plain = trimaran_value(value) else { return false }
    return try entering(self, store) { trimaran_global_set_value(core.pointer, store.core.pointer, plain, $0) }
  }
}

extension Table {
  /// An element.
  func element(_ store: Store, at index: Int) throws(WasmtimeError) -> Val {
    var value = trimaran_value()
    try entering(self, store) { trimaran_table_get_value(core.pointer, store.core.pointer, Int64(index), &value, $0) }
    return .taken(value, store)
  }

  /// Sets an element to a reference or a null, and says whether it was one of the table's type.
  func setPlain(_ store: Store, _ value: Val, at index: Int) throws(WasmtimeError) -> Bool {
    guard value.number == nil else { return false }
    var lent = Lent()
    let slot = try lent.slot(value, store)
    let given = trimaran_value(slot: slot, kind: UInt8(slot.high))
    return try withExtendedLifetime((lent, value)) { () throws(WasmtimeError) in
      try entering(self, store) {
        trimaran_table_set_value(core.pointer, store.core.pointer, Int64(index), given, $0)
      }
    }
  }
}
