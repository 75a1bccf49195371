// The slots of calls, filled and emptied one after the other. What users see of them is `TypedFunc`.

/// The slots of one call.
@usableFromInline
struct Row {
  @usableFromInline let slots: UnsafeMutableBufferPointer<Slot>
  @usableFromInline var next = 0

  @inlinable
  init(_ slots: UnsafeMutableBufferPointer<Slot>) { self.slots = slots }

  @inlinable
  mutating func put(_ slot: Slot) {
    slots.initializeElement(at: next, to: slot)
    next += 1
  }

  /// Sets those that no argument is for.
  @inlinable
  mutating func clear() {
    while next < slots.count { put(Slot(low: 0)) }
  }

  @inlinable
  mutating func take() -> Slot {
    defer { next += 1 }
    return slots[next]
  }
}

/// The slots of many calls, row by row, filled and emptied column by column.
@usableFromInline
final class Rows {
  @usableFromInline let width: Int
  @usableFromInline var count = 0
  @usableFromInline var slots = UnsafeMutableBufferPointer<Slot>(start: nil, count: 0)
  private var columns = 0
  private var failure: RowError?
  @usableFromInline var column = 0

  @usableFromInline
  init(width: Int) { self.width = width }

  /// Counts a column, which has to be as long as the first one.
  @usableFromInline
  func expect(_ count: Int) {
    columns += 1
    if columns == 1 { self.count = count }
    guard count != self.count, failure == nil else { return }
    // The columns before this one are as long as the first.
    let lengths = [Int](repeating: self.count, count: columns - 1) + [count]
    do throws(WasmtimeError) {
      try checkColumns(lengths)
    } catch {
      failure = RowError(row: min(count, self.count), error: error)
    }
  }

  /// Whether it takes a while to pack them.
  @usableFromInline
  var isMany: Bool { count > 1 << 12 }

  /// Makes room for all rows.
  @usableFromInline
  func allocate() throws(RowError) {
    if let failure { throw failure }
    let (size, overflow) = (count * width).multipliedReportingOverflow(by: MemoryLayout<Slot>.stride)
    let noRoom = RowError(row: 0, error: .limit(reason: "there is no room for \(count) rows"))
    guard !overflow, let room = makeRoom(size) else { throw noRoom }
    slots = UnsafeMutableBufferPointer(
      start: room.bindMemory(to: Slot.self, capacity: count * width),
      count: count * width
    )
    // The results take no more, and have to be there when the calls are over.
    guard canHold(size) else { throw noRoom }
    // Those that no argument is for have to be set as well.
    if columns < width { slots.initialize(repeating: Slot(low: 0)) }
  }

  deinit { freeRoom(slots.baseAddress) }

  /// Begins again, with the results.
  @inlinable
  func rewind() { column = 0 }

  // Not inlined, or the compiler (6.0) confuses the columns of different types.
  @inlinable
  @inline(never)
  func put(_ numbers: [some WasmNumber]) {
    let (slots, width) = (slots, width)
    var place = column
    for number in numbers {
      slots.initializeElement(at: place, to: number.slot)
      place += width
    }
    column += 1
  }

  @inlinable
  @inline(never)
  func take<Number: WasmNumber>(as type: Number.Type) -> [Number] {
    let (slots, width, count, first) = (slots, width, count, column)
    column += 1
    return [Number](unsafeUninitializedCapacity: count) { numbers, initialized in
      for row in 0..<count { numbers.initializeElement(at: row, to: Number(slot: slots[first + row * width])) }
      initialized = count
    }
  }
}
