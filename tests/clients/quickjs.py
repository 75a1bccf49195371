"""quickjs-rs: JavaScript and TypeScript with functions, modules, snapshots and limits of the host."""

from __future__ import annotations

import asyncio
import threading

from quickjs_rs import InterruptError, JSError, MemoryLimitError, QuickJSError, Runtime, Snapshot

MODULES = {
    "words": "export const slug = text => text.toLowerCase().replace(/ /g, '-');",
    "mode.ts": "export enum Mode { Strict = 1, Loose } export const name = (mode: Mode): string => Mode[mode];",
}


def values() -> None:
    with Runtime() as runtime, runtime.new_context(timeout=60) as context:
        print(context.eval("1 + 2"), context.eval("2n ** 70n"), context.eval("0.1 + 0.2"))
        print(context.eval("({a: [1, null, 'ü'], b: true, c: undefined})"))

        @context.function
        def greet(name: str) -> str:
            return f"hi {name}"

        @context.function
        def fail() -> None:
            raise ValueError("of the host")

        print(context.eval("greet('world') + greet('ü')"))
        for script in "fail()", "null.x", "syntax error here":
            try:
                context.eval(script)
            except (QuickJSError, ValueError) as error:
                print(type(error).__name__, str(error).splitlines()[0])
        print(context.eval("try { fail() } catch (error) { error instanceof Error }"))


async def modules() -> None:
    with Runtime() as runtime:
        runtime.set_module_loader(load=MODULES.get)
        with runtime.new_context(timeout=60) as context:

            @context.function
            async def later(number: int) -> int:
                await asyncio.sleep(0)
                return number * 2

            print(await context.eval_async("await later(20) + await later(1)"))
            print(await context.eval_async("const { slug } = await import('words'); slug('Hello Big World')"))
            print(await context.eval_async("const { name, Mode } = await import('mode.ts'); name(Mode.Loose)"))
            try:
                await context.eval_async("await import('nothing')")
            except JSError as error:
                print(type(error).__name__)


def snapshots() -> None:
    with Runtime() as runtime, runtime.new_context(timeout=60) as context:
        context.eval("const counter = (() => { let n = 0; return () => ++n; })(); counter(); counter()")
        octets = context.create_snapshot().to_bytes()
    with Runtime() as runtime, runtime.new_context(timeout=60) as context:
        runtime.restore_snapshot(Snapshot.from_bytes(octets), context)
        print("restored", context.eval("counter()"))


def limits() -> None:
    with Runtime() as runtime, runtime.new_context(timeout=0.2) as context:
        try:
            context.eval("for (;;) {}")
        except (InterruptError, QuickJSError) as error:
            print(type(error).__name__)
    with Runtime(memory_limit=2_000_000) as runtime, runtime.new_context(timeout=60) as context:
        try:
            context.eval("const a = []; for (;;) a.push(new Uint8Array(100000))")
        except (MemoryLimitError, QuickJSError) as error:
            print(type(error).__name__)


def threads() -> None:
    found: dict[int, object] = {}

    def work(number: int) -> None:
        with Runtime() as runtime, runtime.new_context(timeout=60) as context:
            context.function(lambda: number, name="mine")
            found[number] = context.eval("let s = 0; for (let i = 0; i < 1000; i++) s += mine(); s")

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sorted(found.items()))


values()
asyncio.run(modules())
snapshots()
limits()
threads()
