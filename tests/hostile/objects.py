"""Steps on the objects of the package."""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import components
import trimaran
from step import Oops, Step, named, on_thread, things
from trimaran import (
    Config,
    Engine,
    Func,
    FuncType,
    Instance,
    Linker,
    MemoryDirectory,
    Module,
    OutputPipe,
    Reference,
    Store,
    Trap,
    ValType,
    WasiConfig,
)


def number(text: str) -> int | str:
    """A number, also one of KiB."""
    digits = text.removesuffix("K")
    return int(digits) * (1024 if digits != text else 1) if digits.isdigit() else text


def settings(pairs: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for pair in pairs:
        name, value = pair.split("=")
        yield name, {"true": True, "false": False}.get(value, number(value))


def engine(_step: Step, name: str, *pairs: str) -> None:
    config = Config()
    if pairs and pairs[0] == "untrusted":
        config, pairs = Config.untrusted(), pairs[1:]
    for setting, value in settings(pairs):
        setattr(config, setting, value)
    things[name] = Engine(config)


def store(_step: Step, name: str, of: str) -> None:
    things[name] = Store(things[of])


def limits(_step: Step, of: str, *pairs: str) -> None:
    if pairs == ("untrusted",):
        things[of].set_limits(trimaran.StoreLimits.untrusted())
    else:
        things[of].set_limits(**dict(settings(pairs)))


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def module(_step: Step, name: str, of: str, path: str) -> None:
    things[name] = Module(things[of], read(path))


def instance(_step: Step, name: str, of: str, compiled: str, *imports: str) -> None:
    things[name] = things[of], Instance(things[of], things[compiled], [things[item] for item in imports])


def wasi(_step: Step, of: str, *grants: str) -> None:
    config = WasiConfig()
    for grant in grants:
        match grant.split(":"):
            case ["stdin"]:
                config.inherit_stdin()
            case ["stdout", *names]:
                config.stdout_pipe = pipe = OutputPipe()
                things.update(dict.fromkeys(names, pipe))
            case "memory", guest, most_bytes, most_files:
                folder = MemoryDirectory(max_bytes=int(most_bytes), max_files=int(most_files))
                config.preopen_memory(folder, guest)
            case host, guest, "quota", most_bytes, most_files:
                config.preopen_dir(host, guest, max_bytes=int(most_bytes), max_files=int(most_files))
            case host, guest, kind:
                config.preopen_dir(host, guest, kind == "rw")
            case _:
                raise ValueError(grant)
    things[of].set_wasi(config)


def pipe(_step: Step, name: str, how: str) -> str:
    return str(len(things[name].take() if how == "take" else things[name].contents()))


def linked(_step: Step, name: str, of: str, compiled: str) -> None:
    linker = Linker(things[of].engine)
    linker.define_wasi()
    things[name] = things[of], linker.instantiate(things[of], things[compiled])


def call(_step: Step, of: str, name: str, *arguments: str) -> str:
    store, made = things[of]
    return shown(made.func(store, name)(store, *map(int, arguments)))


def held_call(_step: Step, name: str, *arguments: str) -> str:
    store, function = things[name]
    return shown(function(store, *map(int, arguments)))


def shown(results: Any) -> str:
    if results is None:
        return "ok"
    return " ".join(map(str, results)) if isinstance(results, list) else str(results)


def hold(_step: Step, name: str, of: str, item: str) -> None:
    store, made = things[of]
    things[name] = store, made.exports(store)[item]


def mix(_step: Step, name: str, of: str, item: str) -> None:
    """Something, with a store that is not its own."""
    things[name] = things[of], things[item][1]


def host(_step: Step, name: str, of: str, *body: str) -> None:
    """A host function from i32 to i32."""
    work, kept = BODIES[body[0]], things[of]

    def function(caller: Any, number: int) -> int:
        # It refers to its own store, as such closures do.
        return work(caller, number, kept, *body[1:])

    things[name] = Func(kept, FuncType([ValType.i32()], [ValType.i32()]), function, access_caller=True)


def nest(caller: Any, number: int, _store: Store, of: str, name: str) -> int:
    made = things[of][1]
    return int(made.func(caller, name)(caller, number - 1)) if number > 0 else 0


def throw(*_given: object) -> int:
    raise Oops


def keep(caller: Any, _number: int, _store: Store, name: str) -> int:
    things[name] = caller
    return 0


def close_in(_caller: Any, _number: int, _store: Store, name: str) -> int:
    things[name].close()
    return 0


def sleep_in(_caller: Any, number: int, _store: Store) -> int:
    time.sleep(number / 1000)
    return 0


def wait_in(_caller: Any, number: int, _store: Store, of: str, name: str) -> int:
    """Waits for another thread that calls into the same store."""
    ended: list[str] = []

    def work() -> None:
        try:
            ended.append(call(Step(0, []), of, name, str(number)))
        except BaseException as error:
            ended.append(named(error))

    time.sleep(0.05)
    on_thread(work).join()
    return 1 if ended[0].startswith("!") else 0


BODIES: dict[str, Callable[..., int]] = {
    "plain": lambda _caller, number, _store: number,
    "call": nest,
    "throw": throw,
    "keep": keep,
    "close": close_in,
    "sleep": sleep_in,
    "wait": wait_in,
}


def close(_step: Step, name: str) -> None:
    things[name].close()


def drop(_step: Step, name: str) -> None:
    del things[name]


def collect(_step: Step) -> None:
    gc.collect()


def i31(_step: Step, name: str, of: str, value: str) -> None:
    things[name] = Reference.of_i31(things[of], int(value))


def memory(_step: Step, of: str, op: str, *numbers: str) -> str:
    """An operation on the memory that an instance exports as `memory`, or on one that was held."""
    store, made = things[of]
    item = made.memory(store, "memory") if isinstance(made, Instance) else made
    given = list(map(int, numbers))
    match op:
        case "size":
            return str(item.size(store))
        case "grow":
            return str(item.grow(store, *given))
        case "read":
            return item.read(store, given[0], given[0] + given[1]).hex() if given[1] < 64 else "many"
        case "fill":
            item.fill(store, *given)
            return "ok"
        case _:
            raise ValueError(op)


def table(_step: Step, of: str, op: str, *numbers: str) -> str:
    store, made = things[of]
    item = made.table(store, "table") if isinstance(made, Instance) else made
    return str(item.size(store) if op == "size" else item.grow(store, int(numbers[0]), None))


def global_(_step: Step, name: str) -> str:
    store, item = things[name]
    return str(item.get(store))


def caller(_step: Step, name: str, item: str) -> None:
    things[name][item]


def path(_step: Step, of: str, name: str, *texts: str) -> str:
    """Calls a guest's function with paths, which it finds at 1024 and 8192."""
    store, made = things[of]
    lengths = []
    for text, place in zip(texts, (1024, 8192), strict=False):
        octets = b"x" * int(text[5:]) if text.startswith("long:") else unquote_to_bytes(text)
        made.memory(store, "memory").write(store, octets, place)
        lengths.append(len(octets))
    return shown(made.func(store, name)(store, *lengths))


def artifact(_step: Step, name: str, of: str, how: str) -> None:
    things[name] = things[of].pack() if how == "pack" else things[of].serialize()


def load(_step: Step, name: str, of: str, given: str) -> None:
    things[name] = Module.deserialize(things[of], things[given])


def randoms(seed: int) -> Iterator[int]:
    """The same numbers in every language."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def damaged(octets: bytes, how: str, times: str, seed: str) -> Iterator[bytes]:
    numbers = randoms(int(seed))
    for _ in range(int(times)):
        bit, made = next(numbers) % (len(octets) * 8), bytearray(octets)
        if how == "cut":
            yield bytes(made[: bit >> 3])
        else:
            made[bit >> 3] ^= 1 << (bit & 7)
            yield bytes(made)


def damage(_step: Step, what: str, of: str, given: str, how: str, times: str, seed: str) -> str:
    """Uses bytes that were damaged, many times over."""
    engine = things[of]
    octets = things[given] if given in things else read(given)
    counts = [0, 0]
    for bad in damaged(octets, how, times, seed):
        try:
            match what:
                case "validate":
                    Module.validate(engine, bad)
                case "load":
                    Module.deserialize(engine, bad)
                case "unpack":
                    Module.unpack(bad)
                case "run":
                    run_damaged(engine, bad)
                case _:
                    return f"!!{what}"
            counts[0] += 1
        except trimaran.UnexpectedError as error:
            return named(error)
        except trimaran.WasmtimeError:
            counts[1] += 1
    return f"{counts[0]} accepted, {counts[1]} refused"


def run_damaged(engine: Engine, octets: bytes) -> None:
    compiled = Module(engine, octets)
    with Store(engine) as store:
        store.set_fuel(100_000)
        store.set_limits(memory_size=1 << 20, table_elements=10_000)
        made = Instance(store, compiled)
        for item in made.exports(store).values():
            if isinstance(item, Func) and not item.type(store).params:
                with contextlib.suppress(Trap):
                    item(store)


def timeout(_step: Step, of: str, milliseconds: str) -> None:
    things[of].set_timeout(None if milliseconds == "none" else int(milliseconds) / 1000)


def fuel(_step: Step, of: str, units: str) -> None:
    things[of].set_fuel(int(units))


def interrupt(_step: Step, of: str, milliseconds: str) -> None:
    """From another thread, some time later."""
    threading.Timer(int(milliseconds) / 1000, things[of].interrupt_handle().interrupt).start()


def untrusted(_step: Step, path: str) -> str:
    """Runs a program as `docs/untrusted.md` does, and gives its first line."""
    # It makes an engine, which other cases must not have.
    from untrusted import run_untrusted

    return run_untrusted(read(path)).split("\n")[0]


def sleep(_step: Step, milliseconds: str) -> None:
    time.sleep(int(milliseconds) / 1000)


def pool(_step: Step, method: str, of: str, name: str, *arguments: str) -> str:
    """Calls a module that travels to the processes of a pool."""
    with multiprocessing.get_context(method).Pool(2) as workers:
        given = [(pickle.dumps(things[of]), name, list(map(int, arguments)))] * 4
        results = workers.starmap_async(in_pool, given).get(30)
    return " ".join(sorted(set(map(str, results))))


def in_pool(octets: bytes, name: str, arguments: list[int]) -> Any:
    compiled: Module = pickle.loads(octets)
    store = Store(compiled.engine)
    return Instance(store, compiled).func(store, name)(store, *arguments)


def handler(_step: Step) -> None:
    """The interpreter's own handlers of fatal signals."""
    faulthandler.enable()


OPS: dict[str, Callable[..., str | None]] = {
    "engine": engine,
    "store": store,
    "limits": limits,
    "module": module,
    "instance": instance,
    "wasi": wasi,
    "pipe": pipe,
    "linked": linked,
    "call": call,
    "held": held_call,
    "hold": hold,
    "mix": mix,
    "host": host,
    "close": close,
    "drop": drop,
    "collect": collect,
    "i31": i31,
    "memory": memory,
    "table": table,
    "global": global_,
    "caller": caller,
    "path": path,
    "artifact": artifact,
    "load": load,
    "damage": damage,
    "timeout": timeout,
    "fuel": fuel,
    "interrupt": interrupt,
    "sleep": sleep,
    "untrusted": untrusted,
    "pool": pool,
    "handler": handler,
    **components.OPS,
}
