import Trimaran

// What the steps on memories do.
extension World {
  func makeMemory(_ step: Step) throws -> Outcome {
    switch try step.text("op") {
    case "memory": .kept(.extern(.memory(try Memory(store(step), memoryType(step)))))
    case "shared_memory": .kept(.extern(.sharedMemory(try SharedMemory(engine(step), memoryType(step)))))
    default: .kept(.extern(.memory(try shared(step).asMemory(store(step)))))
    }
  }

  func performOnMemory(_ step: Step) throws -> Outcome {
    let op = try step.text("op")
    let (store, memory) = (try store(step), try memory(step))
    switch op {
    case "memory_type": return .plain(.string("\(try memory.type(store))"))
    case "size": return .plain(.int(try memory.size(store)))
    case "data_len": return .plain(.int(try memory.dataLen(store)))
    case "grow": return .plain(.int(try memory.grow(store, by: step.int("delta"))))
    case "read":
      return .plain(.string(hex(try memory.read(store, at: step.int("start"), count: step.int("length")))))
    case "write": try memory.write(store, step.bytes("hex"), at: step.int("start"))
    case "fill":
      try memory.fill(store, step.number("value"), at: step.int("start"), count: step.int("length"))
    case "copy":
      try memory.copyWithin(
        store,
        from: step.int("source"),
        to: step.int("destination"),
        count: step.int("length")
      )
    case "find":
      let length = step.optional("length")?.int
      let place = try memory.find(store, step.bytes("hex"), at: step.int("start"), count: length)
      return .plain(place.map(JSON.int) ?? .null)
    case "read_string":
      return .plain(.string(try memory.readString(store, at: step.int("start"), count: step.int("length"))))
    case "read_terminated":
      let terminator: UInt8 = try step.number("terminator")
      return .plain(.string(try memory.readTerminated(store, at: step.int("start"), by: terminator)))
    case "hexdump":
      let (start, length, width) = (try step.int("start"), try step.int("length"), try step.int("width"))
      return .plain(.string(try memory.hexdump(store, at: start, count: length, width: width)))
    case "load": return .plain(.string(try load(step, memory, store)))
    case "store_number": try storeNumber(step, memory, store)
    default: throw Problem("unknown op `\(op)`")
    }
    return .nothing
  }

  private func load(_ step: Step, _ memory: Memory, _ store: Store) throws -> String {
    let offset = try step.int("offset")
    switch try step.text("type") {
    case "i8": return "\(try memory.loadI8(store, at: offset))"
    case "u8": return "\(try memory.loadU8(store, at: offset))"
    case "i16": return "\(try memory.loadI16(store, at: offset))"
    case "u16": return "\(try memory.loadU16(store, at: offset))"
    case "i32": return "\(try memory.loadI32(store, at: offset))"
    case "u32": return "\(try memory.loadU32(store, at: offset))"
    case "i64": return "\(try memory.loadI64(store, at: offset))"
    case "u64": return "\(try memory.loadU64(store, at: offset))"
    case "f32": return "\(try memory.loadF32(store, at: offset).bitPattern)"
    case "f64": return "\(try memory.loadF64(store, at: offset).bitPattern)"
    case let unknown: throw Problem("unknown type `\(unknown)`")
    }
  }

  private func storeNumber(_ step: Step, _ memory: Memory, _ store: Store) throws {
    let (offset, value) = (try step.int("offset"), try step.text("value"))
    switch try step.text("type") {
    case "i8": try memory.storeI8(store, decimal(value), at: offset)
    case "u8": try memory.storeU8(store, decimal(value), at: offset)
    case "i16": try memory.storeI16(store, decimal(value), at: offset)
    case "u16": try memory.storeU16(store, decimal(value), at: offset)
    case "i32": try memory.storeI32(store, decimal(value), at: offset)
    case "u32": try memory.storeU32(store, decimal(value), at: offset)
    case "i64": try memory.storeI64(store, decimal(value), at: offset)
    case "u64": try memory.storeU64(store, decimal(value), at: offset)
    case "f32": try memory.storeF32(store, Float(bitPattern: decimal(value)), at: offset)
    case "f64": try memory.storeF64(store, Double(bitPattern: decimal(value)), at: offset)
    case let unknown: throw Problem("unknown type `\(unknown)`")
    }
  }
}

private func memoryType(_ step: Step) throws -> MemoryType {
  MemoryType(try limits(step), shared: step.optional("shared")?.bool ?? false)
}

func limits(_ step: Step) throws -> Limits {
  Limits(try step.number("min"), step.optional("max") == nil ? nil : try step.number("max"))
}
