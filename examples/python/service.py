"""A service that runs a guest for each request, with limits and a deadline: service.py [MILLISECONDS].

Where the client hangs up, or the deadline is over, the guest ends.
"""

import socket
import sys
from collections import Counter
from dataclasses import dataclass, field

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from trimaran import Config, Engine, FuncType, Linker, Module, Store, StoreLimits, Trap, ValType

GUEST = """
(module
  (import "env" "price" (func $price (param i32) (result i32)))
  (memory 1)
  ;; What the articles from 1 to count cost. The guest waits for each price.
  (func (export "total") (param $count i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $price (local.get $count))))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $sum))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
  ;; Takes all the memory that it gets, and says how many pages it has.
  (func (export "fill") (param i32) (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  ;; Computes for ever.
  (func (export "spin") (param i32) (result i32) (loop $again (br $again)) (unreachable)))"""

GUESTS_AT_ONCE = 256
COUNTED = ["running", "answered", "late", "hung up", "prices"]

# The type of what the guest imports, and of all that it exports.
TYPE = FuncType([ValType.i32()], [ValType.i32()])


@dataclass
class Service:
    deadline: float
    counts: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        # Its guests can be stopped while they compute.
        self.engine = Engine(Config.untrusted())
        linker = Linker(self.engine)
        linker.define_func("env", "price", TYPE, self.price)
        # Compiled and linked once, for all requests.
        module = Module(self.engine, GUEST)
        self.guest = linker.instantiate_pre(module)
        self.functions = {export.name for export in module.exports}

    async def price(self, article: int) -> int:
        """Stands for a database: the guest waits, and others go on."""
        self.counts["prices"] += 1
        await anyio.sleep(0.01)
        return article % 100

    async def run(self, function: str, number: int) -> int:
        """Runs the guest in a store of its own."""
        with Store(self.engine) as store:
            store.set_limits(StoreLimits.untrusted())
            instance = await self.guest.instantiate_async(store)
            result: int = await instance.func(store, function).call_async(store, number)
            return result

    async def in_time(self, function: str, number: int) -> Response:
        try:
            with anyio.fail_after(self.deadline):
                result = await self.run(function, number)
        except TimeoutError:
            self.counts["late"] += 1
            return text("the guest took too long", 504)
        except Trap as trap:
            return text(trap.reason, 500)
        self.counts["answered"] += 1
        return text(str(result))

    async def call(self, request: Request) -> Response:
        function, number = request.path_params["function"], whole(request.path_params["number"])
        if function not in self.functions:
            return text("there is no such function", 404)
        if number is None:
            return text("the number is none of 32 bits", 400)
        if self.counts["running"] == GUESTS_AT_ONCE:
            return text("too many guests run", 503)
        answer = text("the client hung up", 499)
        self.counts["running"] += 1
        try:
            async with anyio.create_task_group() as tasks:

                async def watch() -> None:
                    while (await request.receive())["type"] != "http.disconnect":
                        pass
                    self.counts["hung up"] += 1
                    tasks.cancel_scope.cancel()

                tasks.start_soon(watch)
                answer = await self.in_time(function, number)
                tasks.cancel_scope.cancel()
        finally:
            self.counts["running"] -= 1
        return answer

    async def count(self, _: Request) -> Response:
        return text(", ".join(f"{name}: {self.counts[name]}" for name in COUNTED))


def whole(digits: str) -> int | None:
    """The number, if 32 bits hold it."""
    try:
        number = int(digits)
    except ValueError:
        return None
    return number if -(2**31) <= number < 2**31 else None


def text(line: str, status: int = 200) -> Response:
    return PlainTextResponse(line + "\n", status)


def main(milliseconds: str = "1000") -> None:
    service = Service(int(milliseconds) / 1000)
    app = Starlette(routes=[Route("/counts", service.count), Route("/{function}/{number}", service.call)])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
