"""`python -m trimaran`: it passes its arguments to core, which has the options and the help."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
    for word in (b"python -m trimaran", b"run", b"inspect", b"bindgen", b"wat2wasm"):
        assert word in out


def test_a_program_with_arguments(tmp_path: Path) -> None:
    file = tmp_path / "echo.wat"
    file.write_text(ECHO)
    status, out, error = run("run", file, "one", "zwölf")
    assert (status, error) == (3, b"")
    assert out.split(b"\0")[1:] == [b"one", "zwölf".encode(), b""]


def test_a_command_of_wasi_0_3() -> None:
    file = Path(__file__).resolve().parents[1] / "modules" / "component_wasi3.wat"
    assert run("run", file, data=b"world") == (0, b"hello\nworld", b"")
    # It fails where it has read nothing.
    assert run("run", file) == (1, b"hello\n", b"")
    assert run("run", "--invoke", "leave(7)", file) == (7, b"", b"")
    status, _, error = run("run", "--timeout", "0.05", "--invoke", "sleep(3600000000000)", file)
    assert status == 134
    assert b"the guest was stopped after 0.05 s" in error


def test_translating_and_looking_inside(tmp_path: Path) -> None:
    text, binary = tmp_path / "add.wat", tmp_path / "add.wasm"
    text.write_text('(module (func (export "add") (param i64) (result i64) (i64.add (local.get 0) (i64.const 2))))')
    assert run("wat2wasm", text, "-o", binary) == (0, b"", b"")
    assert binary.read_bytes().startswith(b"\0asm")
    assert run("run", "--invoke", "add", binary, "40") == (0, b"42\n", b"")
    status, out, error = run("inspect", binary)
    assert (status, error) == (0, b"")
    assert b"(func (param i64) (result i64))" in out


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        ([], 2, "a command is missing"),
        (["dance"], 2, "`dance` is no command"),
        (["run"], 2, "the file is missing"),
        (["run", "nowhere.wasm"], 1, "nowhere.wasm: "),
        # What a name in another encoding looks like to Python.
        (["run", "\udcff.wasm"], 2, "the argument b'\\xff.wasm' is not UTF-8"),
        (["run", "-x"], 2, "run: Unrecognized option: 'x'\nTry: python -m trimaran run --help"),
    ],
)
def test_what_is_wrong(arguments: list[str], status: int, sentence: str) -> None:
    found, out, error = run(*arguments)
    assert (found, out) == (status, b"")
    assert error.decode().startswith(f"python -m trimaran: {sentence}")


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


@pytest.mark.parametrize(("status", "found"), [(0, 0), (3, 3), (255, 255), (256, 255), (-256, 255), (-(2**31), 255)])
def test_a_failure_is_no_success(tmp_path: Path, status: int, found: int) -> None:
    file = tmp_path / "exits.wat"
    file.write_text(
        f"""(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const {status}))))"""
    )
    assert run("run", file) == (found, b"", b"")


def test_an_option_behind_the_file(tmp_path: Path) -> None:
    file = tmp_path / "one.wat"
    file.write_text('(module (func (export "one") (result i32) (i32.const 1)))')
    status, out, error = run("run", file, "--invoke", "one")
    assert (status, out) == (2, b"")
    assert b"--invoke goes before the file: what stands behind it is for the guest" in error


def test_no_output_at_all() -> None:
    for number in (1, 2):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {number}>&-', "sh", *COMMAND, "--version"], capture_output=True, timeout=60, check=False
        )
        assert b"Traceback" not in done.stderr
        assert number == 1 or (done.returncode, done.stdout[:8]) == (0, b"trimaran")
