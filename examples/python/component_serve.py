"""Has a component answer HTTP requests, each in a store of its own: component_serve.py COMPONENT.

`handler.asgi` and `handler.wsgi` are applications for servers.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from trimaran import Config, Engine, Store, StoreLimits, TimeLimitTrap, Trap
from trimaran.component import Component, IncomingHandler, IncomingRequest, Linker, ResponseHead


def respond(head: ResponseHead) -> Callable[[bytes], None]:
    headers = ", ".join(f"{name}: {value.decode()}" for name, value in head.headers)
    print(f"  {head.status} ({headers})")
    # What this gives is called with each piece of the body, while the guest writes on.
    return lambda piece: print(f"  {piece.decode()}")


def main(path: str) -> None:
    engine = Engine(Config.untrusted())
    linker = Linker(engine)
    linker.define_wasi()
    pre = linker.instantiate_pre(Component.from_file(engine, Path(path)))

    def store() -> Store:
        made = Store(engine)
        made.set_limits(StoreLimits.untrusted())
        return made

    handler = IncomingHandler(pre, store, timeout=0.2)
    for method, target in (("POST", "/echo"), ("GET", "/authority"), ("GET", "/trap"), ("GET", "/spin")):
        print(f"{method} {target}")
        request = IncomingRequest(method, target, authority="example.com", headers={"x-echo": "1"}, body="hello")
        try:
            for name, value in handler.handle(request, respond):
                print(f"  {name}: {value.decode()}")
        except TimeLimitTrap:
            print("  the guest took too long")
        except Trap as trap:
            print(f"  {trap.reason}")


if __name__ == "__main__":
    main(sys.argv[1])
