"""Runs a guest that uses WASI, with nothing of this machine but what it is given: wasi.py MODULE."""

import sys

from trimaran import Engine, ExitTrap, Linker, Module, OutputPipe, Store, WasiConfig


def main(path: str) -> None:
    engine = Engine()
    linker = Linker(engine)
    linker.define_wasi()

    output = OutputPipe()
    wasi = WasiConfig()
    wasi.argv = ["greet", "world"]
    wasi.stdin_bytes = b"hello"
    wasi.stdout_pipe = output
    # A clock that stands still, so that every run prints the same.
    wasi.fixed_clock(1_000_000_000)

    with Store(engine) as store:
        store.set_wasi(wasi)
        guest = linker.instantiate(store, Module.from_file(engine, path))
        guest.func(store, "args")(store)
        guest.func(store, "cat")(store, 1)
        for line in output.contents().decode().splitlines():
            print(f"guest: {line}")
        print(f"clock: {guest.func(store, 'clock')(store, 0)}")

        try:
            guest.func(store, "exit")(store, 3)
        except ExitTrap as end:
            print(f"exit: {end.code}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__)
        sys.exit(2)
    main(sys.argv[1])
