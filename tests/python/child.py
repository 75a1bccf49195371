"""Runs a program in another process of Python, and returns its output."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

MODULE = """
import os, sys, threading, time
import trimaran
from trimaran import *

def engine(**settings):
    config = Config()
    target = os.environ.get("TRIMARAN_TEST_TARGET")
    if target:
        config.target = target
    for name, value in settings.items():
        setattr(config, name, value)
    return Engine(config)

def guest(wat, function=None, type=FuncType([], []), **settings):
    store = Store(engine(**settings))
    imports = [] if function is None else [Func(store, type, function)]
    return store, Instance(store, Module(store.engine, wat), imports).exports(store)

def daemon(work):
    inside = threading.Event()
    threading.Thread(target=lambda: work(inside), daemon=True).start()
    assert inside.wait(20)
"""

CALLS = '(module (import "" "f" (func $f)) (func (export "run") (call $f)))'
SPINS = '(module (func (export "run") (loop (br 0))))'


@contextmanager
def python(program: str) -> Generator[subprocess.Popen[str]]:
    """A process of Python's that runs a program."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", MODULE + program], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(program: str) -> subprocess.CompletedProcess[str]:
    """How a program ended."""
    command = [sys.executable, "-c", MODULE + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def line(process: subprocess.Popen[str], part: str) -> str:
    """What a process says on standard error, up to a line with that part."""
    assert process.stderr is not None
    said = ""
    for text in process.stderr:
        said += text
        if part in text:
            return said
    raise AssertionError(f"it ended with {process.wait()}, and said {said!r}")


def pressed(process: subprocess.Popen[str], part: str) -> str:
    """The same, while Ctrl-C is pressed again and again."""
    found = threading.Event()

    def press() -> None:
        while not found.wait(1) and process.poll() is None:
            process.send_signal(signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        return line(process, part)
    finally:
        found.set()
        thread.join()


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None and process.stdout.readline() == "ready\n", process.communicate()
    # It has to get into the guest from there.
    time.sleep(0.3)
