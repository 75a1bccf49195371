"""Prepares a guest once, and starts many from there."""

from trimaran import Engine, Instance, Module, Store

GUEST = """
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
    (i32.load (i32.mul (local.get 0) (i32.const 4)))))"""

engine = Engine()

# Once, perhaps when the program is built.
with Store(engine) as store:
    guest = Instance(store, Module.for_snapshots(engine, GUEST))
    guest.func(store, "prepare")(store)
    snapshot = guest.snapshot(store, remove=["prepare"])

# As often as you like: it is a module like any other.
module = Module(engine, snapshot)
print(f"exports: {', '.join(export.name for export in module.exports)}")
for number in 12, 100:
    with Store(engine) as store:
        square = Instance(store, module).func(store, "square")
        print(f"{number} squared: {square(store, number)}")
