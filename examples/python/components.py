"""Runs a component: a record, a result, a resource and a function of the host: components.py COMPONENT."""

import sys
from pathlib import Path

from trimaran import Engine, Store
from trimaran.component import Component, Err, Linker, Ok


def write(text: str) -> None:
    print(f"the component says: {text}")


def main(path: str) -> None:
    engine = Engine()
    component = Component.from_file(engine, Path(path))
    linker = Linker(engine)
    # A compatible version serves: the component asks for 1.0.0.
    linker.instance("example:host/log@1.2.0").define_func("write", write)

    with Store(engine) as store:
        instance = linker.instantiate(store, component)

        stats = instance.func(store, "stats")(store, "a language is a world")
        print(f"{stats.words} words in {stats.byte_count} bytes")

        half = instance.func(store, "half")
        for number in (10, 7):
            result: Ok | Err = half(store, number)
            match result:
                case Ok(value):
                    print(f"half of {number} is {value}")
                case Err(reason):
                    print(f"half of {number}: {reason}")

        following = instance.func(store, "[method]counter.next")
        with instance.func(store, "[constructor]counter")(store, 40) as counter:
            print(f"the counter gives {following(store, counter)}, then {following(store, counter)}")

        try:
            half(store, -1)
        except ValueError as error:
            print(error)


if __name__ == "__main__":
    main(sys.argv[1])
