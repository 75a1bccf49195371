"""Streams and futures of components, both ways."""

from __future__ import annotations

import array
import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

from guests import ROOT, config
from trimaran import (
    ClosedError,
    Engine,
    PoisonedError,
    Store,
    SuspendError,
    Trap,
    WasmTypeError,
    WrongStoreError,
)
from trimaran.component import Component, Future, FutureType, Instance, Linker, Stream, StreamType


def made() -> Engine:
    """An engine with the async part of the component model."""
    return Engine(config().wasm_component_model_async(True).wasm_component_model_more_async_builtins(True))


ENGINE = made()
COMPONENT = Component(ENGINE, (ROOT / "tests" / "modules" / "component_streams.wat").read_text())


async def nothing(stream: Stream) -> int:
    return 0


class Guest:
    """An instance with its store."""

    def __init__(self, take: Any = nothing, store: Store | None = None) -> None:
        self.store = store or Store(ENGINE)
        linker = Linker(ENGINE)
        linker.root().define_func("take", take)
        self.instance: Instance = linker.instantiate(self.store, COMPONENT)

    def __call__(self, name: str, *params: Any) -> Any:
        return self.instance.func(self.store, name)(self.store, *params)

    async def wait(self, name: str, *params: Any) -> Any:
        return await self.instance.func(self.store, name).call_async(self.store, *params)


async def parts(*given: Any) -> AsyncIterator[Any]:
    for part in given:
        await asyncio.sleep(0)
        yield part


def test_a_guest_s_stream_is_an_async_iterator() -> None:
    async def run() -> None:
        guest = Guest()
        stream = await guest.wait("count", 3, 4)
        assert isinstance(stream, Stream)
        assert [part async for part in stream] == [bytes(range(4))] * 3
        assert not stream.alive
        assert [part async for part in stream] == []
        words = await guest.wait("words")
        assert [part async for part in words] == [["one", "three"], ["three", ""]]

    asyncio.run(run())


def test_a_stream_is_read_by_hand() -> None:
    async def run() -> None:
        guest = Guest()
        stream = await guest.wait("count", 2, 5)
        assert await stream.read_async(2) == b"\0\1"
        assert guest("written") == 2
        assert stream.read(100) == b"\2\3\4"
        assert list(stream) == [bytes(range(5))]
        with pytest.raises(ClosedError):
            stream.read()
        with pytest.raises(WasmTypeError):
            (await guest.wait("count", 1, 1)).read("1")

    asyncio.run(run())


def test_a_reader_that_goes_is_seen_by_the_writer() -> None:
    async def run() -> None:
        guest = Guest()
        for how in range(4):
            stream = await guest.wait("count", 1000, 5)
            if how % 2:
                assert await stream.read_async(2) == b"\0\1"
            if how < 2:
                stream.close()
                stream.close()
                assert not stream.alive
            del stream
            gc.collect()
            with await guest.wait("count", 1, 1) as other:
                assert await other.read_async() == b"\0"

    asyncio.run(run())


def test_a_future_is_awaited() -> None:
    async def run() -> None:
        guest = Guest()
        future = await guest.wait("later")
        assert isinstance(future, Future)
        assert await future == "three"
        with pytest.raises(ClosedError):
            await future
        assert (await guest.wait("later")).read() == "three"

        async def late() -> str:
            await asyncio.sleep(0)
            return "four"

        assert await guest.wait("word-length", late()) == 4
        assert await guest.wait("word-length", asyncio.ensure_future(late())) == 4
        assert await guest.wait("done", asyncio.sleep(0)) == 0

    asyncio.run(run())


def test_a_guest_reads_what_the_host_has() -> None:
    def late() -> Iterator[Any]:
        yield b"\1\2"
        yield b""
        yield [3]
        yield array.array("B", [4])

    async def run() -> None:
        guest = Guest()
        for given in (
            parts(b"\1\2\3", b"", bytearray(b"\4")),
            late(),
            b"\1\2\3\4",
            [1, 2, 3, 4],
            iter([b"\1\2", b"\3\4"]),
        ):
            assert await guest.wait("sum", given, 3) == 10
        assert await guest.wait("length", parts(["a", "bc"], ("def",))) == 6
        assert await guest.wait("length", ["a", "bc"]) == 3
        assert await guest.wait("sum", parts(), 3) == 0
        # What waits for nothing needs no loop.
        assert guest("sum", late(), 2) == 10
        assert guest("length", iter([["a"], ["b"]])) == 2

    asyncio.run(run())


def test_a_stream_of_a_guest_goes_to_another_place() -> None:
    async def run() -> None:
        guest = Guest()
        other = Guest(store=guest.store)
        stream = await guest.wait("count", 2, 3)
        assert await other.wait("sum", stream, 2) == 6
        assert not stream.alive
        with pytest.raises(ClosedError):
            await other.wait("sum", stream, 2)
        assert await other.wait("word-length", await guest.wait("later")) == 5
        # The host's own comes back.
        back = guest("same", parts(b"\1\2", b"\3"))
        assert [part async for part in back] == [b"\1\2", b"\3"]

    asyncio.run(run())


def test_what_does_not_fit_is_refused() -> None:
    async def run() -> None:
        guest, other = Guest(), Guest()
        stream = await guest.wait("count", 1, 3)
        with pytest.raises(WrongStoreError):
            await other.wait("sum", stream, 1)
        for wrong in (5, "text", None, object()):
            with pytest.raises(WasmTypeError, match="argument 1: expected a stream, found"):
                await guest.wait("sum", wrong, 1)
        with pytest.raises(WasmTypeError, match="argument 1: expected a future, found an int"):
            await guest.wait("word-length", 5)
        with pytest.raises(WasmTypeError, match="argument 1: the stream is of another type"):
            await guest.wait("length", stream)
        assert await stream.read_async(1) == b"\0"
        with pytest.raises(WasmTypeError, match="the host has begun to read the stream"):
            guest("same", stream)
        with pytest.raises(WasmTypeError):
            Stream()
        # A part that does not fit is known when the guest reads.
        with pytest.raises(WasmTypeError, match="a stream of the host: result: element 0: expected a u8, found a str"):
            await guest.wait("sum", parts(["a"]), 1)

    asyncio.run(run())


def test_what_an_iterator_raises_comes_out_of_the_call() -> None:
    failure = KeyError("no more")

    async def given() -> AsyncIterator[bytes]:
        yield b"\1"
        raise failure

    def plain() -> Iterator[bytes]:
        yield b"\1"
        raise failure

    async def run() -> None:
        for source in (given, plain):
            guest = Guest()
            with pytest.raises(KeyError) as raised:
                await guest.wait("sum", source(), 3)
            assert raised.value is failure
            with pytest.raises(PoisonedError):
                guest("written")

    asyncio.run(run())


def test_an_iterator_of_empty_parts_lets_others_go_on() -> None:
    async def empty() -> AsyncIterator[bytes]:
        while True:
            yield b""

    async def main() -> None:
        guest = Guest()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await guest.wait("sum", empty(), 1)

    asyncio.run(main())


def test_a_guest_that_hangs_up_ends_an_iterator() -> None:
    class Parts:
        def __iter__(self) -> Parts:
            return self

        def __next__(self) -> bytes:
            return b"\1\2\3"

    guest = Guest()
    source = Parts()
    gone = weakref.ref(source)
    assert guest("first", source, 2) == 2 << 4
    del source
    guest("written")
    gc.collect()
    assert gone() is None


def test_a_writer_that_traps() -> None:
    async def run() -> None:
        guest = Guest()
        stream = await guest.wait("traps")
        assert await stream.read_async(1) == b"\0"
        with pytest.raises(Trap):
            await stream.read_async()
        with pytest.raises(PoisonedError):
            stream.read()
        stream.close()

    asyncio.run(run())


def test_a_host_function_reads_while_the_guest_writes() -> None:
    seen: list[bytes] = []

    async def take(stream: Stream) -> int:
        async for part in stream:
            seen.append(part)
            await asyncio.sleep(0)
        return len(seen)

    async def hangs_up(stream: Stream) -> int:
        seen.append(await stream.read_async(2))
        stream.close()
        return 7

    async def run() -> None:
        guest = Guest()
        assert await guest.wait("gives", 5) == 0
        assert (guest("written"), guest("code")) == (0, 1)
        guest = Guest(take)
        assert await guest.wait("gives", 5) == 1
        assert seen == [bytes(range(5))]
        guest = Guest(hangs_up)
        assert await guest.wait("gives", 5) == 7
        assert (seen[1], guest("written"), guest("code")) == (b"\0\1", 2, 1)

    asyncio.run(run())


def test_a_call_whose_stream_nobody_reads_any_more() -> None:
    kept: list[Stream] = []

    async def take(stream: Stream) -> int:
        kept.append(stream)
        await stream.read_async(2)
        return 0

    async def run() -> None:
        guest = Guest(take)
        with pytest.raises(SuspendError, match="nobody does while this call goes on"):
            await guest.wait("gives", 5)

    asyncio.run(run())


def test_a_read_that_is_cancelled_loses_nothing() -> None:
    async def run() -> None:
        guest = Guest()
        never = asyncio.get_running_loop().create_future()

        async def given() -> AsyncIterator[bytes]:
            yield b"\1"
            await never
            yield b"\2"

        stream = await guest.wait("count", 1, 3)
        task = asyncio.ensure_future(stream.read_async())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await stream.read_async() == b"\0\1\2"
        # With it ends what a guest would have read.
        back = guest("same", given())
        assert await back.read_async() == b"\1"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await back.read_async()
        with pytest.raises(PoisonedError):
            await back.read_async()

    asyncio.run(run())


def test_two_readers_take_turns() -> None:
    async def run() -> None:
        guest = Guest()
        stream = await guest.wait("count", 2, 3)
        first, second = asyncio.ensure_future(stream.read_async()), asyncio.ensure_future(stream.read_async())
        assert [await first, await second] == [b"\0\1\2", b"\0\1\2"]

    asyncio.run(run())


def test_another_thread_reads() -> None:
    guest = Guest()
    stream = asyncio.run(guest.wait("count", 2, 3))
    seen: list[bytes] = []
    thread = threading.Thread(target=lambda: seen.extend(stream))
    thread.start()
    thread.join()
    assert seen == [b"\0\1\2"] * 2


def test_the_store_is_closed() -> None:
    guest = Guest()
    stream = asyncio.run(guest.wait("count", 2, 3))
    guest.store.close()
    assert not stream.alive
    with pytest.raises(ClosedError):
        stream.read()
    stream.close()
    assert "closed" in repr(stream)


def test_the_same_on_trio() -> None:
    async def given() -> AsyncIterator[bytes]:
        await trio.sleep(0)
        yield b"\1\2"

    async def run() -> None:
        guest = Guest()
        assert await guest.wait("sum", given(), 3) == 3
        stream = await guest.wait("count", 1, 3)
        assert [part async for part in stream] == [b"\0\1\2"]

    trio.run(run)


def test_a_synchronous_call_does_not_wait() -> None:
    guest = Guest()
    with pytest.raises(SuspendError):
        guest("sum", parts(b"\1"), 1)


def test_the_types() -> None:
    guest = Guest()
    ty = guest.instance.func(guest.store, "length").type()
    assert str(ty) == "async func(s: stream<string>) -> u32"
    [(_, stream)] = ty.params
    assert isinstance(stream, StreamType)
    assert str(stream.payload) == "string"
    [(_, done)] = guest.instance.func(guest.store, "done").type().params
    assert isinstance(done, FutureType)
    assert done.payload is None
