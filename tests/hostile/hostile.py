"""Runs the steps of one hostile case in Python. `README.md` has the vocabulary; the other languages have the same."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from itertools import takewhile

from objects import OPS, things
from step import Step, named, on_thread

Block = list[Step]
behind: list[threading.Thread] = []
told: set[tuple[int, str]] = set()
telling = threading.Lock()


def parse(text: str) -> Block:
    """The steps of a case. `end` closes a block."""
    blocks: list[Block] = [[]]
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if words[0] == "end":
            blocks.pop()
            continue
        step = Step(number, words)
        blocks[-1].append(step)
        if words[0] in BLOCKS:
            blocks.append(step.inside)
    return blocks[0]


def tell(step: Step, outcome: str) -> None:
    """Says how a step ended, once for each end that it had."""
    with telling:
        if (step.number, outcome) not in told:
            told.add((step.number, outcome))
            print(step.number, outcome, sep="\t", flush=True)


def run(block: Block) -> None:
    for step in block:
        work = BLOCKS.get(step.words[0]) or OPS[step.words[0]]
        try:
            outcome = work(step, *step.words[1:])
        except BaseException as error:
            outcome = named(error)
        tell(step, outcome if isinstance(outcome, str) else "ok")


def thread(step: Step, kib: str) -> None:
    on_thread(lambda: run(step.inside), int(kib)).join()


def parallel(step: Step, count: str) -> None:
    threads = [on_thread(lambda: run(step.inside)) for _ in range(int(count))]
    for one in threads:
        one.join()


def background(step: Step) -> None:
    behind.append(on_thread(lambda: run(step.inside)))


def repeat(step: Step, times: str) -> None:
    for _ in range(int(times)):
        run(step.inside)


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def flat(step: Step, times: str, mib: str) -> str:
    """Repeats; the second half must not take more memory than the first one left."""
    repeat(step, str(int(times) // 2))
    before = resident()
    repeat(step, str(int(times) // 2))
    grown = resident() - before
    return "flat" if grown <= int(mib) else f"!grew by {grown} MiB"


def within(step: Step, milliseconds: str) -> str:
    start = time.monotonic()
    run(step.inside)
    took = (time.monotonic() - start) * 1000
    return "in time" if took <= int(milliseconds) else f"!took {took:.0f} ms"


def deadline(step: Step, store: str, milliseconds: str) -> None:
    with things[store].deadline(int(milliseconds) / 1000):
        run(step.inside)


def cancel(step: Step, milliseconds: str) -> None:
    """Interrupts what it runs in the way of the language: here, as Ctrl-C does."""
    timer = threading.Timer(int(milliseconds) / 1000, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    run(step.inside)
    with contextlib.suppress(KeyboardInterrupt):
        timer.join()


def fork(step: Step) -> str:
    child = os.fork()
    if child == 0:
        run(step.inside)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return "ok" if status == 0 else f"!!the child ended with {status}"


BLOCKS: dict[str, Callable[..., str | None]] = {
    "thread": thread,
    "virtual": lambda step: thread(step, "0"),
    "parallel": parallel,
    "background": background,
    "repeat": repeat,
    "flat": flat,
    "within": within,
    "deadline": deadline,
    "cancel": cancel,
    "fork": fork,
}


def steps() -> str:
    """All lines, or those before a `.`: what comes behind it is the guests'."""
    return "".join(takewhile(lambda line: line != ".\n", sys.stdin))


if __name__ == "__main__":
    run(parse(steps()))
    for one in behind:
        one.join()
    print("end", flush=True)
