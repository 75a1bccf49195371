// Prepares a guest once, and starts many from there.

import Trimaran

let text = """
  (module
    (memory 1)
    (global $ready (mut i32) (i32.const 0))
    (func (export "prepare")
      (local $i i32)
      (loop $next
        (i32.store (i32.mul (local.get $i) (i32.const 4)) (i32.mul (local.get $i) (local.get $i)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16384))))
      (global.set $ready (i32.const 1)))
    (func (export "square") (param i32) (result i32)
      (if (i32.eqz (global.get $ready)) (then (unreachable)))
      (i32.load (i32.mul (local.get 0) (i32.const 4)))))
  """

let engine = try Engine()

// Once, perhaps when the program is built.
let bytes = try engine.withStore { store in
  let guest = try Instance(store, Module(engine, forSnapshots: text))
  try guest.function(store, "prepare").call(store, [])
  return try guest.snapshot(store, removing: ["prepare"])
}

// As often as you like: it is a module like any other.
let module = try Module(engine, bytes)
print("exports: \(try module.exports.map(\.name).joined(separator: ", "))")
for number in [12, 100] {
  try engine.withStore { store in
    let square = try Instance(store, module).function(store, "square")
    let result: Int = try square(store, number)
    print("\(number) squared: \(result)")
  }
}
