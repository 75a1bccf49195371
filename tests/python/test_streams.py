"""Standard streams that guests wait for: async iterators, readers and queues."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

from guests import MODULES, config
from trimaran import (
    BusyError,
    ClosedError,
    Engine,
    Func,
    Linker,
    Module,
    Store,
    SuspendError,
    TimeLimitTrap,
    WasiConfig,
    WasmTypeError,
)

GUEST = (MODULES / "streams.wat").read_text()


class Home:
    """A guest with streams, in a store of its own."""

    def __init__(self, wasi: WasiConfig, engine: Engine | None = None) -> None:
        self.store = Store(engine or Engine(config()))
        self.store.set_wasi(wasi)
        self.linker = Linker(self.store.engine)
        self.linker.define_wasi()
        self.instance = self.linker.instantiate(self.store, Module(self.store.engine, GUEST))

    async def rests(self) -> None:
        """Takes an instance whose guests rest where they sleep."""
        self.instance = await self.linker.instantiate_async(self.store, Module(self.store.engine, GUEST))

    def func(self, name: str) -> Func:
        return self.instance.func(self.store, name)

    async def call(self, name: str, *arguments: int) -> int:
        result: int = await self.func(name).call_async(self.store, *arguments)
        return result

    def text(self, length: int) -> bytes:
        return self.instance.memory(self.store, "memory").read(self.store, 1024, 1024 + length)


def wasi(stdin: Any = None, stdout: Any = None) -> WasiConfig:
    made = WasiConfig()
    if stdin is not None:
        made.stdin_custom = stdin
    if stdout is not None:
        made.stdout_custom = stdout
    return made


async def pieces(*given: Any) -> AsyncIterator[Any]:
    for piece in given:
        await asyncio.sleep(0)
        if isinstance(piece, BaseException):
            raise piece
        yield piece


class Fails:
    """Fails with that, when it is read or written to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def read(self, _: int) -> bytes:
        raise self.error

    async def write(self, _: bytes) -> None:
        raise self.error

    async def put(self, _: bytes) -> None:
        raise self.error


def test_a_guest_copies_an_async_iterator_to_a_queue() -> None:
    async def main() -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        home = Home(wasi(pieces(b"one ", b"", bytearray(b"two "), memoryview(b"three")), queue))
        assert await home.call("cat") == 13
        assert [queue.get_nowait() for _ in range(3)] == [b"one ", b"two ", b"three"]
        # It has ended, and stays so.
        assert await home.call("read", 8) == 0

    asyncio.run(main())


def test_what_a_guest_leaves_of_a_piece_is_for_its_next_read() -> None:
    async def main() -> None:
        home = Home(wasi(pieces(b"abcdefghij", b"k")))
        assert await home.call("read", 8) == 8
        assert home.text(8) == b"abcdefgh"
        # Nobody has to wait for that.
        assert home.func("read")(home.store, 8) == 2
        assert home.text(2) == b"ij"
        assert await home.call("read", 8) == 1

    asyncio.run(main())


def test_a_guest_reads_a_stream_reader_and_writes_to_a_stream_writer() -> None:
    async def main() -> None:
        received: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello ")
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.write(b"guest")
            writer.write_eof()
            received.append(await reader.readexactly(11))
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1") as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            home = Home(wasi(reader, writer))
            assert await home.call("cat") == 11
            writer.close()
            await writer.wait_closed()
        assert received == [b"hello guest"]

    asyncio.run(main())


def test_a_full_queue_has_the_guest_wait() -> None:
    async def main() -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        home = Home(wasi(pieces(*([b"x"] * 5)), queue))
        task = asyncio.create_task(home.call("cat"))
        await asyncio.sleep(0.02)
        assert not task.done()
        assert queue.qsize() == 1
        assert [await queue.get() for _ in range(5)] == [b"x"] * 5
        assert await task == 5

    asyncio.run(main())


def test_other_tasks_run_and_see_the_memory_while_a_guest_waits() -> None:
    async def main() -> None:
        given: asyncio.Queue[bytes] = asyncio.Queue()

        async def read(most: int) -> bytes:
            assert most == 8
            return await given.get()

        home = Home(wasi(read))
        task = asyncio.create_task(home.call("read", 8))
        await asyncio.sleep(0.01)
        assert home.text(5) == b"hello"
        given.put_nowait(b"late")
        assert await task == 4
        assert home.text(5) == b"lateo"

    asyncio.run(main())


@pytest.mark.parametrize("function", ["read", "write"])
def test_what_a_stream_raises_comes_out_of_the_call(function: str) -> None:
    async def main() -> None:
        error = KeyError("no more")
        home = Home(wasi(Fails(error), Fails(error)))
        with pytest.raises(KeyError) as raised:
            await home.call(function, 8)
        assert raised.value is error

    asyncio.run(main())


def test_what_an_iterator_raises_comes_out_of_the_call() -> None:
    async def main() -> None:
        error = RuntimeError("lost")
        home = Home(wasi(pieces(b"one", error)))
        with pytest.raises(RuntimeError) as raised:
            await home.call("cat")
        assert raised.value is error
        assert await home.call("read", 8) == 0

    asyncio.run(main())


def test_what_is_no_bytes_is_a_mistake() -> None:
    async def main() -> None:
        with pytest.raises(WasmTypeError, match="what the standard input gave is a str"):
            await Home(wasi(pieces("text"))).call("read", 8)

    asyncio.run(main())
    for strange in (7, object()):
        with pytest.raises(WasmTypeError, match="async iterable"):
            wasi(strange)
        with pytest.raises(WasmTypeError, match="write or put"):
            wasi(None, strange)


def test_a_guest_that_waits_for_a_stream_is_cancelled() -> None:
    async def main() -> None:
        given: asyncio.Queue[bytes] = asyncio.Queue()
        taken: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        home = Home(wasi(lambda_of(given), taken))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await home.call("read", 8)
        # The store is usable at once, and nothing was lost.
        given.put_nowait(b"abc")
        assert await home.call("read", 8) == 3
        taken.put_nowait(b"full")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await home.call("write", 2)
        assert taken.get_nowait() == b"full"
        # What it has written is not written later.
        assert await home.call("write", 2) == 2
        assert taken.get_nowait() == b"ab"
        assert taken.empty()

    asyncio.run(main())


def lambda_of(given: asyncio.Queue[bytes]) -> Callable[[int], Any]:
    async def read(_: int) -> bytes:
        return await given.get()

    return read


def test_closing_the_store_ends_a_guest_that_waits() -> None:
    async def main() -> None:
        given: asyncio.Queue[bytes] = asyncio.Queue()
        home = Home(wasi(lambda_of(given)))
        task = asyncio.create_task(home.call("read", 8))
        await asyncio.sleep(0.01)
        home.store.close()
        given.put_nowait(b"late")
        with pytest.raises(ClosedError):
            await task

    asyncio.run(main())


def test_a_time_limit_ends_the_guest_when_the_stream_has_answered() -> None:
    async def slow(_: int) -> bytes:
        await asyncio.sleep(0.05)
        return b"late"

    async def main() -> None:
        home = Home(wasi(slow), Engine(config().epoch_interruption(True)))
        home.store.set_timeout(0.01)
        with pytest.raises(TimeLimitTrap):
            await home.call("read", 8)
        home.store.set_timeout(None)
        # The piece is there for whoever reads next.
        assert home.func("read")(home.store, 8) == 4

    asyncio.run(main())


def test_a_guest_that_cannot_wait_fails() -> None:
    async def main() -> None:
        home = Home(wasi(pieces(b"a"), asyncio.Queue()))
        for name in ("read", "write"):
            with pytest.raises(SuspendError, match="standard stream"):
                home.func(name)(home.store, 4)
        assert await home.call("cat") == 1

    asyncio.run(main())


def test_guests_of_two_stores_read_one_stream_one_after_the_other() -> None:
    async def main() -> None:
        given = wasi(pieces(*(b"%d" % number for number in range(10))))
        engine = Engine(config())
        one, other = Home(given, engine), Home(given, engine)

        async def read(home: Home) -> bytes:
            text = b""
            while count := await home.call("read", 8):
                text += home.text(count)
                await asyncio.sleep(0)
            return text

        found = await asyncio.gather(read(one), read(other))
        assert sorted(b"".join(found)) == sorted(b"0123456789")
        assert all(found)
        # One that is cancelled in the line lets the others go on.
        held: asyncio.Queue[bytes] = asyncio.Queue()
        shared = wasi(lambda_of(held))
        homes = [Home(shared, engine) for _ in range(3)]
        tasks = [asyncio.create_task(home.call("read", 8)) for home in homes]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        held.put_nowait(b"a")
        held.put_nowait(b"bc")
        assert [await tasks[0], await tasks[2]] == [1, 2]

    asyncio.run(main())


def test_what_reads_a_stream_may_use_the_store_but_not_read_it_again() -> None:
    async def main() -> None:
        homes: list[Home] = []

        async def read(most: int) -> bytes:
            home = homes[0]
            # The error number is `badf`.
            assert await home.call("close", 77) == 8
            with pytest.raises(BusyError, match="read by this very task"):
                await home.call("read", most)
            return b"abc"

        homes.append(Home(wasi(read)))
        assert await homes[0].call("read", 8) == 3

    asyncio.run(main())


def test_streams_in_trio() -> None:
    async def main() -> None:
        send, receive = trio.open_memory_channel[bytes](0)

        async def write(data: bytes) -> None:
            await send.send(data)

        async def given() -> AsyncIterator[bytes]:
            for piece in (b"a", b"bc"):
                await trio.sleep(0.001)
                yield piece

        home = Home(wasi(given(), write))
        results: list[int] = []

        async def run() -> None:
            async with send:
                results.append(await home.call("cat"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            assert [piece async for piece in receive] == [b"a", b"bc"]
        assert results == [3]

    trio.run(main)


def test_a_queue_of_threads_takes_output_of_any_call() -> None:
    pieces: queue.Queue[bytes] = queue.Queue()
    home = Home(wasi(None, pieces))
    assert home.func("write")(home.store, 1) == 1
    assert asyncio.run(home.call("write", 1)) == 1
    assert [pieces.get_nowait() for _ in range(2)] == [b"h", b"h"]


def test_a_guest_waits_for_room_in_a_queue_of_threads() -> None:
    pieces: queue.Queue[bytes] = queue.Queue(maxsize=1)
    home = Home(wasi(None, pieces), Engine(config().epoch_interruption(True)))
    assert home.func("write")(home.store, 1) == 1
    # It waits as one that sleeps does: a time limit ends it.
    home.store.set_timeout(0.03)
    with pytest.raises(TimeLimitTrap):
        home.func("write")(home.store, 1)
    home.store.set_timeout(None)

    async def main() -> None:
        await home.rests()
        task = asyncio.create_task(home.call("write", 1))
        await asyncio.sleep(0.02)
        assert not task.done()
        assert pieces.get_nowait() == b"h"
        assert await task == 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.03):
                await home.call("write", 1)

    asyncio.run(main())
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(lambda: [pieces.get(timeout=10) for _ in range(2)])
        assert home.func("write")(home.store, 1) == 1
        assert taken.result() == [b"h", b"h"]


def test_a_write_that_takes_a_part_is_continued() -> None:
    async def main() -> None:
        taken: list[bytes] = []

        async def write(data: bytes) -> int:
            taken.append(data[:4])
            return min(4, len(data))

        home = Home(wasi(None, write))
        assert await home.call("write", 11) == 11
        assert taken == [b"hell", b"o wo", b"rld"]

    asyncio.run(main())
