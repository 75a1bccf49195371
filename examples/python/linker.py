"""Links modules by name: with a host function, and with each other."""

from trimaran import Engine, FuncType, Linker, LinkError, Module, Store, ValType

MATH = """
(module
  (func (export "double") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 2))))"""

PROGRAM = """
(module
  (import "env" "log" (func $log (param i32)))
  (import "math" "double" (func $double (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (local $twice i32)
    (local.set $twice (call $double (local.get 0)))
    (call $log (local.get $twice))
    (i32.add (local.get $twice) (i32.const 1))))"""

INCOMPLETE = """
(module
  (import "env" "missing" (func (param i64)))
  (import "env" "memory" (memory 1)))"""


def log(number: int) -> None:
    print(f"log: {number}")


engine = Engine()
linker = Linker(engine)
# Any store can use it.
linker.define_func("env", "log", FuncType([ValType.i32()], []), log)

with Store(engine) as store:
    # The module is instantiated now; what it exports has names from now on.
    linker.define_module(store, "math", Module(engine, MATH))
    program = linker.instantiate(store, Module(engine, PROGRAM))
    print(f"run: {program.func(store, 'run')(store, 20)}")

    try:
        linker.instantiate(store, Module(engine, INCOMPLETE))
    except LinkError as error:
        print(f"error: {error}")
