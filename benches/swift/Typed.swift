import TrimaranComponent
import TypedBindings

/// What calls without generated code are called.
private let dynamic = "dynamic calls in Swift"

/// The rows about generated bindings, each beside the same call over values.
func typed() throws {
  let component = try Component(engine, fromFile: source("typed.wat"))
  let (linker, store) = (try Linker(engine), try Store(engine))
  let instance = try linker.instantiate(store, component)
  let bindings = try Typed(store, instance)
  func function(_ name: String) throws -> TrimaranComponent.Func { try instance.function(store, name) }

  let add = try function("add")
  try measure("bindings (u32, u32) -> u32", of: dynamic) {
    check(try add(store, opaque(UInt32(40)), opaque(UInt32(2))) as UInt32 == 42)
  }
  try measure("bindings (u32, u32) -> u32") {
    check(try bindings.add(a: opaque(UInt32(40)), b: opaque(UInt32(2))) == 42)
  }
  let string = try function("string")
  let text = "sixteen letters."
  try measure("bindings string 16 B", of: dynamic) { check((try string(store, text) as String).utf8.count == 16) }
  try measure("bindings string 16 B") { check(try bindings.string(x: text).utf8.count == 16) }
  let record = try function("record")
  let value: ComponentValue = [
    "a": .u32(1), "b": .s64(-2), "c": .f32(3.5), "d": .f64(4.5), "e": true, "f": .u16(6), "name": "seven",
  ]
  let point = Typed.Point(a: 1, b: -2, c: 3.5, d: 4.5, e: true, f: 6, name: "seven")
  try measure("bindings record", of: dynamic) { check(try record.call(store, [value])?["a"] == .u32(1)) }
  try measure("bindings record") { check(try bindings.record(x: point).a == 1) }
  let records = try function("records")
  let values = [ComponentValue](repeating: value, count: 1_000)
  let points = [Typed.Point](repeating: point, count: 1_000)
  try measure("bindings 1000 records", of: dynamic) { check(try records.call(store, [.list(values)])?.elements?.count == 1_000) }
  try measure("bindings 1000 records") { check(try bindings.records(x: points).count == 1_000) }
  let variant = try function("variant")
  try measure("bindings variant", of: dynamic) {
    check(try variant.call(store, [.variant("circle", .f64(2.5))]) == .variant("circle", .f64(2.5)))
  }
  try measure("bindings variant") { check(try bindings.variant(x: .circle(2.5)) == .circle(2.5)) }
}
