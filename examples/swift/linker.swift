// Links modules by name: with a host function, and with each other.

import Trimaran

let math = """
  (module
    (func (export "double") (param i32) (result i32)
      (i32.mul (local.get 0) (i32.const 2))))
  """

let program = """
  (module
    (import "env" "log" (func $log (param i32)))
    (import "math" "double" (func $double (param i32) (result i32)))
    (func (export "run") (param i32) (result i32)
      (local $twice i32)
      (local.set $twice (call $double (local.get 0)))
      (call $log (local.get $twice))
      (i32.add (local.get $twice) (i32.const 1))))
  """

let incomplete = """
  (module
    (import "env" "missing" (func (param i64)))
    (import "env" "memory" (memory 1)))
  """

let engine = try Engine()
let linker = try Linker(engine)
// Any store can use it.
try linker.define("env", "log") { (number: Int32) in print("log: \(number)") }

try engine.withStore { store in
  // The module is instantiated now; what it exports has names from now on.
  try linker.defineModule(store, "math", Module(engine, math))
  let run = try linker.instantiate(store, Module(engine, program)).function(store, "run")
  let result: Int = try run(store, 20)
  print("run: \(result)")

  do {
    _ = try linker.instantiate(store, Module(engine, incomplete))
  } catch {
    print("error: \(error)")
  }
}
