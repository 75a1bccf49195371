"""Runs guests that wait for an async host function: two at once, and one that is cancelled while it waits."""

import asyncio

from trimaran import Engine, FuncType, Instance, Linker, Module, Store, ValType

GUEST = """
(module
  (import "env" "fetch" (func $fetch (param i32) (result i32)))
  (func (export "sum") (param $count i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $fetch (local.get $count))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  (func (export "answer") (result i32) (i32.const 42)))"""


async def fetch(number: int) -> int:
    # The guest waits, and the other one goes on.
    await asyncio.sleep(0.01)
    return number * number


async def call(store: Store, guest: Instance, count: int) -> int:
    total: int = await guest.func(store, "sum").call_async(store, count)
    return total


async def main() -> None:
    engine = Engine()
    linker = Linker(engine)
    linker.define_func("env", "fetch", FuncType([ValType.i32()], [ValType.i32()]), fetch)
    module = Module(engine, GUEST)

    with Store(engine) as store, Store(engine) as other:
        a = await linker.instantiate_async(store, module)
        b = await linker.instantiate_async(other, module)
        first, second = await asyncio.gather(call(store, a, 3), call(other, b, 3))
        print(f"guest A: {first}")
        print(f"guest B: {second}")

        try:
            async with asyncio.timeout(0.05):
                await call(store, a, 1000)
        except TimeoutError:
            print("cancelled: yes")
        print(f"store usable: {a.func(store, 'answer')(store)}")


asyncio.run(main())
