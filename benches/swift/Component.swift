import TrimaranComponent

/// The rows about components.
func components() throws {
  let component = try Component(engine, fromFile: source("component.wat"))
  let (linker, store) = (try Linker(engine), try Store(engine))
  try linker.root.defineFunc("double") { (number: UInt32) -> UInt32 in number &* 2 }
  let instance = try linker.instantiate(store, component)
  func function(_ name: String) throws -> TrimaranComponent.Func { try instance.function(store, name) }

  // From here on, what is measured is a call.
  let add = try function("add")
  try measure("component (u32, u32) -> u32") {
    check(try add(store, opaque(UInt32(40)), opaque(UInt32(2))) as UInt32 == 42)
  }
  let host = try function("host")
  try measure("component host call", each: 1_000) { check(try host(store, UInt32(1_000)) as UInt32 == 0) }
  let get = try function("[method]counter.get")
  let counter: Resource = try function("[constructor]counter")(store, UInt32(7))
  try measure("component resource method") { check(try get(store, counter) as UInt32 == 7) }

  let string = try function("string")
  for (name, size) in [("16 B", 16), ("64 KiB", 1 << 16)] {
    let text = String(repeating: "x", count: size)
    try measure("component string \(name)") { check((try string(store, text) as String).utf8.count == size) }
  }
  let bytes = try function("bytes")
  let octets = [UInt8](repeating: 7, count: 1 << 16)
  try measure("component list<u8> 64 KiB") { check((try bytes(store, octets) as [UInt8]).count == 1 << 16) }
  let floats = try function("floats")
  let numbers = [Double](repeating: 7, count: 1 << 16)
  try measure("component list<f64> 64 Ki") { check((try floats(store, numbers) as [Double]).count == 1 << 16) }
  let record = try function("record")
  let point: ComponentValue = [
    "a": .u32(1), "b": .s64(-2), "c": .f32(3.5), "d": .f64(4.5), "e": true, "f": .u16(6), "name": "seven",
  ]
  try measure("component record") { check(try record.call(store, [point])?["a"] == .u32(1)) }
  let records = try function("records")
  let many = [ComponentValue](repeating: point, count: 1_000)
  try measure("component 1000 records") { check(try records.call(store, [.list(many)])?.elements?.count == 1_000) }
  let pre = try linker.instantiatePre(component)
  try measure("component new store and instance") { _ = try pre.instantiate(Store(engine)) }
}
