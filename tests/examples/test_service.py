"""The service of the examples, with real clients: it gives the same answers in Python, Kotlin and Swift, and ends the
guests of clients that hang up."""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest

from test_examples import LANGUAGES, ROOT, expected

T = TypeVar("T")
PROMPT = [
    "total/3", "divide/7", "divide/0", "fill/1", "total/three", "total/99999999999", "nothing/1",
]  # fmt: skip
LATE = ["spin/1", "total/100000", "counts"]
# As the service has them: so many guests run at once, and one that would take this long takes ever.
GUESTS_AT_ONCE = 256
LONG = "total/1000000"


@dataclass(frozen=True)
class Service:
    port: int

    async def ask(self, path: str) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return Client(reader, writer)

    async def get(self, path: str) -> tuple[int, str]:
        return await (await self.ask(path)).answer()

    async def counts(self) -> dict[str, int]:
        status, text = await self.get("counts")
        assert status == 200
        return {name: int(number) for name, number in re.findall(r"([a-z ]+): (\d+)", text.replace(", ", "\n"))}

    async def until_running(self, guests: int) -> dict[str, int]:
        """What was counted when so many guests run."""
        while (counts := await self.counts())["running"] != guests:
            await asyncio.sleep(0.02)
        return counts


@dataclass(frozen=True)
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[int, str]:
        head, _, body = (await self.reader.read()).decode().partition("\r\n\r\n")
        self.writer.close()
        return int(head.split(" ")[1]), body

    def hang_up(self, rudely: bool) -> None:
        """Closes the connection, or resets it."""
        if rudely:
            self.writer.transport.abort()
        else:
            self.writer.close()


@contextmanager
def running(language: str, milliseconds: int) -> Iterator[Service]:
    command = [*LANGUAGES[language]("service"), str(milliseconds)]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout
            line = process.stdout.readline()
            errors.seek(0)
            assert line.startswith("http://127.0.0.1:"), line + errors.read()
            yield Service(int(line.rpartition(":")[2]))
            errors.seek(0)
            assert errors.read() == ""
        finally:
            process.kill()


@pytest.fixture(params=LANGUAGES, scope="module")
def patient(request: pytest.FixtureRequest) -> Iterator[Service]:
    """One whose deadline never comes."""
    with running(request.param, 600_000) as service:
        yield service


def within_a_minute(work: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        async with asyncio.timeout(60):
            return await work()

    return asyncio.run(main())


async def answers(service: Service, paths: list[str]) -> str:
    found = [(path, *await service.get(path)) for path in paths]
    return "".join(f"{path}: {status} {text}" for path, status, text in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answers(language: str) -> None:
    # A slow machine may be late with anything, and so only what never ends has a short deadline.
    with running(language, 600_000) as service:
        prompt = within_a_minute(lambda: answers(service, PROMPT))
    with running(language, 500) as service:
        late = within_a_minute(lambda: answers(service, LATE))
    # How many prices a guest gets in its time is not always the same.
    assert prompt + re.sub(r"prices: \d+", "prices: some", late) == expected("service")


def test_two_at_once(patient: Service) -> None:
    async def main() -> list[tuple[int, str]]:
        clients = [await patient.ask(LONG) for _ in range(2)]
        await patient.until_running(2)
        answers = await asyncio.gather(*(patient.get(path) for path in ("total/5", "total/6")))
        for client in clients:
            client.hang_up(rudely=False)
        await patient.until_running(0)
        return answers

    assert within_a_minute(main) == [(200, "15\n"), (200, "21\n")]


def test_200_at_once(patient: Service) -> None:
    async def main() -> tuple[list[tuple[int, str]], int]:
        before = await patient.counts()
        answers = await asyncio.gather(*(patient.get("total/4") for _ in range(200)))
        after = await patient.until_running(0)
        return answers, after["answered"] - before["answered"]

    assert within_a_minute(main) == ([(200, "10\n")] * 200, 200)


@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("path", [LONG, "spin/1"], ids=["waits", "computes"])
def test_a_client_that_hangs_up_stops_the_guest(patient: Service, path: str, rudely: bool) -> None:
    async def main() -> None:
        before = await patient.counts()
        client = await patient.ask(path)
        await patient.until_running(1)
        # Nobody waits for the guest.
        assert await patient.get("total/3") == (200, "6\n")
        client.hang_up(rudely)
        after = await patient.until_running(0)
        assert (after["hung up"], after["late"]) == (before["hung up"] + 1, 0)
        # It asks for no more prices.
        await asyncio.sleep(0.05)
        assert await patient.counts() == after

    within_a_minute(main)


def test_no_more_guests_run_than_may(patient: Service) -> None:
    async def main() -> None:
        before = await patient.counts()
        clients = [await patient.ask(LONG) for _ in range(GUESTS_AT_ONCE)]
        await patient.until_running(GUESTS_AT_ONCE)
        answers = await asyncio.gather(*(patient.get("total/3") for _ in range(40)))
        assert answers == [(503, "too many guests run\n")] * 40
        for client in clients:
            client.hang_up(rudely=True)
        after = await patient.until_running(0)
        assert after["hung up"] == before["hung up"] + GUESTS_AT_ONCE
        assert await patient.get("total/3") == (200, "6\n")

    within_a_minute(main)


@pytest.mark.parametrize("sent", [b"", b"GET /total/3 HTTP/1.1\r\n", b"no HTTP\r\n\r\n", b"x" * 100_000])
def test_what_is_no_request_runs_no_guest(patient: Service, sent: bytes) -> None:
    async def main() -> None:
        before = await patient.counts()
        _, writer = await asyncio.open_connection("127.0.0.1", patient.port)
        writer.write(sent)
        writer.close()
        assert await patient.get("total/3") == (200, "6\n")
        after = await patient.counts()
        assert after["hung up"] == before["hung up"] and after["answered"] == before["answered"] + 1

    within_a_minute(main)
