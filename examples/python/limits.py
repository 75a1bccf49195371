"""Keeps a guest within limits: how much memory it may have, and how much it may do."""

from trimaran import Config, Engine, Instance, Module, Store, Trap, TrapCode

GREEDY = """
(module
  (memory 1)
  (func (export "grow") (param i32) (result i32)
    (memory.grow (local.get 0)))
  (func (export "spin")
    (loop (br 0))))"""

config = Config()
config.consume_fuel = True
engine = Engine(config)

with Store(engine) as store:
    store.set_limits(memory_size=131_072)
    store.set_fuel(10_000)
    guest = Instance(store, Module(engine, GREEDY))
    grow = guest.func(store, "grow")
    # The first page more is within the limit, the second one is not: the guest is told, and goes on.
    print(f"grow: {grow(store, 1)}")
    print(f"grow: {grow(store, 1)}")

    try:
        guest.func(store, "spin")(store)
    except Trap as trap:
        if trap.code is TrapCode.OUT_OF_FUEL:
            print("trap: out of fuel")
