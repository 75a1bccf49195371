// Calls with references on slots, and what lends their objects.

internal import CTrimaran

/// References to host objects, which live as long as this does: the call is lent them. Whatever else is lent lives in
/// its value.
struct Lent {
  // Most often there is one.
  private var first: Reference?
  private var others: [Reference] = []

  /// A reference or a null as it lies in a slot. Numbers do not come here.
  mutating func slot(_ value: Val, _ store: Store) throws(WasmtimeError) -> trimaran_slot {
    switch value {
    case .funcRef(let function?): return trimaran_slot(low: address(function.core.pointer), high: 5)
    case .externRef(let value as Reference): return trimaran_slot(low: address(value.core.pointer), high: 6)
    case .externRef(let object?):
      let reference = try store.reference(to: object)
      hold(reference)
      return trimaran_slot(low: address(reference.core.pointer), high: 6)
    case .anyRef(let value?): return trimaran_slot(low: address(value.core.pointer), high: 7)
    case .exnRef(let value?): return trimaran_slot(low: address(value.core.pointer), high: 8)
    case .funcRef(nil): return trimaran_slot(low: 0, high: 5)
    case .externRef(nil): return trimaran_slot(low: 0, high: 6)
    case .anyRef(nil): return trimaran_slot(low: 0, high: 7)
    case .exnRef(nil): return trimaran_slot(low: 0, high: 8)
    default: return trimaran_slot(low: 0, high: 0)
    }
  }

  private mutating func hold(_ object: Reference) {
    if first == nil { first = object } else { others.append(object) }
  }
}

/// The address of an object, as it lies in a slot.
func address(_ pointer: OpaquePointer) -> UInt64 { UInt64(UInt(bitPattern: pointer)) }

extension Val {
  /// Whether it is of a kind as it is.
  func isSimply(_ kind: UInt8) -> Bool {
    switch self {
    case .i32: kind == 0
    case .i64: kind == 1
    case .f32: kind == 2
    case .f64: kind == 3
    case .v128: kind == 4
    case .funcRef: kind == 5
    case .externRef: kind == 6
    case .anyRef: kind == 7
    case .exnRef: kind == 8
    case .null: kind >= 5
    }
  }

  /// The value, which is simply of its kind, as a host function leaves it: a reference is a hold that is the core's
  /// from then on.
  fileprivate func given(_ kind: UInt8, _ store: Store) throws(WasmtimeError) -> Slot {
    if let number { return number.bits }
    let low: UInt64 =
      switch self {
      case .funcRef(let function?): address(function.core.kept())
      case .externRef(let value as Reference): address(value.core.kept())
      case .externRef(let object?): address(try store.reference(to: object).core.kept())
      case .anyRef(let value?), .exnRef(let value?): address(value.core.kept())
      default: 0
      }
    return Slot(low: low, high: UInt64(kind))
  }
}

extension UnsafeMutablePointer<Slot> {
  /// Leaves the results of a host function, which are simply of their kinds.
  func give(_ results: [Val], _ kinds: [UInt8], _ store: Store) throws(WasmtimeError) {
    for index in results.indices {
      do throws(WasmtimeError) {
        self[index] = try results[index].given(kinds[index], store)
      } catch {
        // Releases the references already written: nothing else owns them now.
        for index in 0..<index where kinds[index] >= 5 { _ = Val.taken(self[index], kind: kinds[index], store) }
        throw error
      }
    }
  }
}

extension Func {
  /// Calls the function where its numbers are simply those that it takes, and whatever its references are; otherwise
  /// gives `nil`, and has done nothing.
  func callWithReferences(_ store: Store, _ arguments: [Val]) throws(WasmtimeError) -> [Val]? {
    let room = 32
    return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { kinds in
      withUnsafeTemporaryAllocation(of: trimaran_slot.self, capacity: room) { slots in
        Result { () throws(WasmtimeError) in
          try call(store, arguments, kinds, slots)
        }
      }
    }
    .get()
  }

  private func call(
    _ store: Store,
    _ arguments: [Val],
    _ kinds: UnsafeMutableBufferPointer<UInt8>,
    _ slots: UnsafeMutableBufferPointer<trimaran_slot>
  ) throws(WasmtimeError) -> [Val]? {
    var (params, results) = (0, 0)
    let fit = try entering(self, store) {
      trimaran_func_kinds(core.pointer, store.core.pointer, kinds.baseAddress, kinds.count, &params, &results, $0)
    }
    guard fit, params == arguments.count else { return nil }
    var lent = Lent()
    for index in arguments.indices {
      if let (kind, bits) = arguments[index].number {
        guard kind == kinds[index] else { return nil }
        slots[index] = trimaran_slot(low: bits.low, high: bits.high)
      } else {
        guard kinds[index] >= 5 else { return nil }
        slots[index] = try lent.slot(arguments[index], store)
      }
    }
    let width = max(params, results)
    for index in params..<width { slots[index] = trimaran_slot() }
    try withExtendedLifetime((lent, arguments)) { () throws(WasmtimeError) in
      _ = try entering(self, store) {
        trimaran_func_call_slots(core.pointer, store.core.pointer, slots.baseAddress, width, $0)
      }
    }
    return [Val](unsafeUninitializedCapacity: results) { values, count in
      while count < results {
        let bits = Slot(low: slots[count].low, high: slots[count].high)
        values.initializeElement(at: count, to: .taken(bits, kind: kinds[params + count], store))
        count += 1
      }
    }
  }
}
