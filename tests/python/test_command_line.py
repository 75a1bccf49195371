"""`python -m trimaran`: it passes everything on to the core, which has the options and the help."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

COMMAND = [sys.executable, "-W", "error", "-m", "trimaran"]
ECHO = """(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 12)))
        (drop (call $args (i32.const 1024) (i32.const 2048)))
        (i32.store (i32.const 8) (i32.const 2048))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
        (call $exit (i32.const 3))))"""


def run(*arguments: str | Path, data: bytes = b"") -> tuple[int, bytes, bytes]:
    done = subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_help() -> None:
    status, out, error = run("--help")
    assert (status, error) == (0, b"")
    for word in (b"python -m trimaran", b"run", b"inspect", b"wat2wasm"):
        assert word in out


def test_a_program_with_arguments(tmp_path: Path) -> None:
    file = tmp_path / "echo.wat"
    file.write_text(ECHO)
    status, out, error = run("run", file, "one", "zwölf")
    assert (status, error) == (3, b"")
    assert out.split(b"\0")[1:] == [b"one", "zwölf".encode(), b""]


def test_translating(tmp_path: Path) -> None:
    file = tmp_path / "empty.wat"
    file.write_text("(module)")
    status, out, _error = run("inspect", file)
    assert status == 0
    assert out


def test_what_is_wrong(tmp_path: Path) -> None:
    for arguments in ([], ["dance"], ["run"], ["run", tmp_path / "nothing.wasm"], ["run", "\udcff"]):
        status, _out, error = run(*arguments)
        assert status not in (0, 1) or error, arguments
        assert b"Traceback" not in error


def test_nobody_listens(tmp_path: Path) -> None:
    file = tmp_path / "large.wat"
    funcs = [f'(func (export "{number:0>100}"))' for number in range(5000)]
    file.write_text(f"(module {' '.join(funcs)})")
    with subprocess.Popen([*COMMAND, "inspect", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) == -signal.SIGPIPE


def test_an_interrupt_ends_a_guest_at_once(tmp_path: Path) -> None:
    file = tmp_path / "forever.wat"
    file.write_text('(module (func (export "_start") (loop (br 0))))')
    with subprocess.Popen([*COMMAND, "run", str(file)], stderr=subprocess.PIPE) as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) != 0
