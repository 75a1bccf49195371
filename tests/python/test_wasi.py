"""WASI in Python: where output goes, what callbacks may do, and who lets go of what."""

from __future__ import annotations

import gc
import io
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from guests import engine
from trimaran import (
    BusyError,
    ClosedError,
    ConfigError,
    ExitTrap,
    Instance,
    IoError,
    LimitError,
    Linker,
    Module,
    OutputPipe,
    RangeError,
    Store,
    WasiConfig,
    WasmtimeError,
    WasmTypeError,
)

# Prints to a stream, reads from the standard input, ends.
WAT = """(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "print") (param $stream i32) (param $start i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $start)) (i32.store (i32.const 4) (local.get $length))
        (call $write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8)))
    (func (export "read") (param $start i32) (param $length i32) (result i32)
        (i32.store (i32.const 0) (local.get $start)) (i32.store (i32.const 4) (local.get $length))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.load (i32.const 8)))
    (func (export "exit") (param i32) (call $exit (local.get 0)))
    (func (export "args") (result i32) (drop (call $args_sizes (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 1024) (i32.const 2048))) (i32.load (i32.const 4)))
    (func (export "env") (result i32) (drop (call $env_sizes (i32.const 0) (i32.const 4)))
        (drop (call $env (i32.const 1024) (i32.const 2048))) (i32.load (i32.const 4)))
    (func (export "random") (result i64) (drop (call $random (i32.const 0) (i32.const 8))) (i64.load (i32.const 0)))
    (func (export "clock") (result i64)
        (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0))) (i64.load (i32.const 0))))"""

SHARED = engine()
LINKER = Linker(SHARED)
LINKER.define_wasi()
MODULE = Module(SHARED, WAT)


class Thing:
    """Something that can be watched."""


class Guest:
    """An instance of the guest in a store of its own."""

    def __init__(self, wasi: WasiConfig | None = None) -> None:
        self.store = Store(SHARED)
        if wasi is not None:
            self.store.set_wasi(wasi)
        self.instance = LINKER.instantiate(self.store, MODULE)
        self.memory = self.instance.memory(self.store, "memory")

    def __call__(self, name: str, *arguments: int) -> Any:
        return self.instance.func(self.store, name)(self.store, *arguments)

    def print(self, text: str, stream: int = 1) -> int:
        """Prints, and gives WASI's error number."""
        data = text.encode()
        self.memory.write(self.store, data, 4096)
        number: int = self("print", stream, 4096, len(data))
        return number

    def read(self, length: int = 100) -> bytes:
        count = self("read", 4096, length)
        return self.memory.read(self.store, 4096, 4096 + count)

    def texts(self, name: str) -> list[str]:
        size = self(name)
        return self.memory.read(self.store, 2048, 2048 + size).decode().split("\0")[:-1]


def test_output_to_memory() -> None:
    wasi, out, error = WasiConfig(), OutputPipe(), OutputPipe()
    wasi.stdout_pipe, wasi.stderr_pipe = out, error
    guest = Guest(wasi)
    assert guest.print("Hello, ") == 0
    assert guest.print("wörld") == 0
    assert guest.print("oops", 2) == 0
    assert (out.contents(), error.contents()) == ("Hello, wörld".encode(), b"oops")
    assert (len(out), bytes(error), repr(error)) == (13, b"oops", "<OutputPipe, 4 bytes>")
    assert out.take() == "Hello, wörld".encode()
    assert out.contents() == b""
    assert out


def test_a_pipe_that_is_full() -> None:
    wasi, pipe = WasiConfig(), OutputPipe(5)
    wasi.stdout_pipe = pipe
    guest = Guest(wasi)
    assert guest.print("1234") == 0
    assert guest.print("5678") != 0
    assert pipe.contents().startswith(b"1234")
    with pytest.raises(RangeError):
        OutputPipe(-1)


def test_output_to_files(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text("before")
    for text, setting in [("one", "stdout_append"), ("two", "stdout_file"), ("three", "stdout_append")]:
        wasi = WasiConfig()
        setattr(wasi, setting, file)
        assert Guest(wasi).print(text) == 0
        assert file.read_text() == {"one": "beforeone", "two": "two", "three": "twothree"}[text]


def test_output_to_a_callback() -> None:
    pieces: list[bytes] = []
    wasi = WasiConfig().stdout_custom(pieces.append)
    guest = Guest(wasi)
    guest.print("one")
    guest.print("two")
    assert pieces == [b"one", b"two"]
    assert Guest(wasi).print("three") == 0
    assert pieces == [b"one", b"two", b"three"]


def test_a_callback_may_take_less() -> None:
    pieces: list[bytes] = []

    def take(data: bytes) -> int:
        pieces.append(data[:2])
        return min(len(data), 2)

    wasi = WasiConfig()
    wasi.stderr_custom = take
    assert Guest(wasi).print("abcde", 2) == 0
    assert pieces == [b"ab", b"cd", b"e"]


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (-5, RangeError, "the callback for stdout gave -5: expected 1 to 4, or None"),
        (0, RangeError, "the callback for stdout gave 0: expected 1 to 4, or None"),
        (5, RangeError, "the callback for stdout gave 5: expected 1 to 4, or None"),
        ("4", WasmTypeError, "the callback for stdout gave a str: expected a number of bytes or None"),
        (True, WasmTypeError, "the callback for stdout gave a bool: expected a number of bytes or None"),
    ],
)
def test_a_callback_that_gives_nonsense(given: Any, kind: type[WasmtimeError], sentence: str) -> None:
    wasi = WasiConfig().stdout_custom(lambda _data: given)
    with pytest.raises(kind, match=sentence):
        Guest(wasi).print("text")


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), IoError("own")])
def test_what_a_callback_raises_is_the_same_object(error: BaseException) -> None:
    def fail(_data: bytes) -> None:
        raise error

    guest = Guest(WasiConfig().stdout_custom(fail))
    with pytest.raises(type(error)) as caught:
        guest.print("text")
    assert caught.value is error
    assert caught.traceback[-1].name == "fail"


def test_an_interrupt_while_a_callback_runs() -> None:
    def take(_data: bytes) -> None:
        signal.raise_signal(signal.SIGINT)

    guest = Guest(WasiConfig().stderr_custom(take))
    with pytest.raises(KeyboardInterrupt):
        guest.print("text", 2)
    # The store goes on.
    assert guest.print("text") == 0


def test_threads_share_a_callback_and_a_pipe() -> None:
    pieces, pipe = list[bytes](), OutputPipe()
    wasi = WasiConfig().stdout_custom(pieces.append).stderr_pipe(pipe)

    def work(number: int) -> None:
        guest = Guest(wasi)
        for stream in (1, 2) * 20:
            guest.print(f"{number};", stream)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    whole = sorted(f"{number};".encode() for number in range(8) for _ in range(20))
    assert sorted(pieces) == whole
    assert sorted(pipe.contents().split(b";")[:-1]) == [piece.rstrip(b";") for piece in whole]


def test_a_callback_does_not_use_its_store() -> None:
    wasi, guest = WasiConfig(), Guest()
    wasi.stdout_custom = lambda _data: guest.memory.size(guest.store)
    guest.store.set_wasi(wasi)
    with pytest.raises(BusyError):
        guest.print("text")


def test_a_callback_may_run_another_guest() -> None:
    wasi, pipe = WasiConfig(), OutputPipe()
    other = Guest(WasiConfig().stdout_pipe(pipe))
    wasi.stdout_custom = lambda _data: other.print("passed on") or None
    Guest(wasi).print("text")
    assert pipe.contents() == b"passed on"


def test_a_callback_over_its_own_store_is_collected() -> None:
    def make() -> weakref.ref[Thing]:
        thing, things = Thing(), list[object]()

        def take(_data: bytes) -> None:
            things.append(thing)

        wasi = WasiConfig().stdout_custom(take).stderr_custom(take)
        guest = Guest(wasi)
        things += [guest, wasi]
        guest.print("text")
        return weakref.ref(thing)

    gone = make()
    gc.collect()
    assert gone() is None


def keeper(thing: Thing) -> Callable[[bytes], None]:
    """A callback that keeps something."""
    things = [thing]
    return lambda _data: things.clear()


def test_closing_lets_go_of_callbacks() -> None:
    def make() -> tuple[Guest, weakref.ref[Thing]]:
        thing = Thing()
        return Guest(WasiConfig().stdout_custom(keeper(thing))), weakref.ref(thing)

    guest, thing = make()
    gc.collect()
    assert thing() is not None
    guest.store.close()
    gc.collect()
    assert thing() is None


def test_another_configuration_lets_go_of_callbacks() -> None:
    def make() -> tuple[Guest, weakref.ref[Thing]]:
        thing = Thing()
        return Guest(WasiConfig().stdout_custom(keeper(thing))), weakref.ref(thing)

    guest, thing = make()
    guest.store.set_wasi(WasiConfig())
    gc.collect()
    assert thing() is None
    assert guest.print("text") == 0


def test_input(tmp_path: Path) -> None:
    assert Guest(WasiConfig()).read() == b""
    guest = Guest(WasiConfig().stdin_bytes(b"some bytes"))
    assert (guest.read(4), guest.read(), guest.read()) == (b"some", b" bytes", b"")
    file = tmp_path / "in"
    file.write_bytes(b"of a file")
    wasi = WasiConfig()
    for path in (file, str(file), bytes(file)):
        wasi.stdin_file = path
        assert Guest(wasi).read() == b"of a file"


def test_the_last_setting_of_a_stream_counts(tmp_path: Path) -> None:
    pipe = OutputPipe()
    wasi = WasiConfig().stdout_file(tmp_path / "none").stdout_custom(print).stdout_pipe(pipe)
    assert wasi.stdout_file.value is None
    assert wasi.stdout_pipe.value is pipe
    Guest(wasi).print("text")
    assert pipe.contents() == b"text"
    assert not (tmp_path / "none").exists()
    wasi.stdout_pipe = None
    assert wasi == WasiConfig()


def test_arguments_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    wasi = WasiConfig()
    wasi.argv = ("program", "ärgument", "")
    wasi.env = {"ONE": "1", "TWO": "zwei"}
    guest = Guest(wasi)
    assert guest.texts("args") == ["program", "ärgument", ""]
    assert guest.texts("env") == ["ONE=1", "TWO=zwei"]
    wasi.env = [["THREE", "3"]]
    assert Guest(wasi).texts("env") == ["THREE=3"]
    assert Guest(WasiConfig()).texts("env") == []
    monkeypatch.setenv("TRIMARAN_TEST_VARIABLE", "here")
    assert "TRIMARAN_TEST_VARIABLE=here" in Guest(WasiConfig().inherit_env()).texts("env")
    assert len(Guest(WasiConfig().inherit_argv()).texts("args")) > 0


def test_the_end_of_a_program() -> None:
    for status in (0, 3):
        with pytest.raises(ExitTrap) as caught:
            Guest(WasiConfig())("exit", status)
        assert (caught.value.code, caught.value.status) == (status, status)


def test_runs_that_can_be_repeated() -> None:
    wasi = WasiConfig().random_seed(7).fixed_clock(1000, 5)
    first, second = Guest(wasi), Guest(wasi)
    assert [first("random") for _ in range(3)] == [second("random") for _ in range(3)]
    assert [first("clock") for _ in range(3)] == [1000, 1005, 1010]
    assert Guest(WasiConfig().random_seed(8))("random") != Guest(wasi)("random")
    assert Guest(WasiConfig())("clock") > 10**18


def test_nothing_is_granted_unasked() -> None:
    with pytest.raises(ConfigError, match="set_wasi"):
        Guest().print("text")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    store, nowhere = Store(SHARED), tmp_path / "no" / "where"
    wasis = [
        WasiConfig().stdin_file(nowhere),
        WasiConfig().stdout_file(nowhere),
        WasiConfig().stderr_append(nowhere),
        WasiConfig().preopen_dir(nowhere, "/"),
    ]
    for wasi in wasis:
        with pytest.raises(IoError) as caught:
            store.set_wasi(wasi)
        assert caught.value.path == str(nowhere)


def test_the_streams_of_this_process() -> None:
    program = """if True:
        import sys
        from pathlib import Path
        sys.path.insert(0, str(Path(sys.argv[1])))
        from test_wasi import Guest, WasiConfig
        guest = Guest(WasiConfig().inherit_stdin().inherit_stdout().inherit_stderr())
        text = guest.read().decode()
        guest.print(text.upper())
        guest.print("oops", 2)"""
    command = [sys.executable, "-W", "error", "-c", program, str(Path(__file__).parent)]
    done = subprocess.run(command, input="hello", capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("HELLO", "oops")


def test_a_configuration_is_a_value() -> None:
    wasi, other = WasiConfig(), WasiConfig()
    assert wasi == other
    wasi.preopen_dir("/tmp", "/data", fs_mutable=False)
    assert wasi != other
    wasi.argv = ["a"]
    wasi.env = {"TOKEN": "secret"}
    assert repr(wasi) == "WasiConfig(argv=['a'], env=['TOKEN'], preopen_dir='/data')"
    with wasi as same:
        assert same is wasi


WRONG: list[tuple[Callable[[WasiConfig], object], str]] = [
    (lambda wasi: wasi.argv("text"), "argv is a str: expected a list"),
    (lambda wasi: wasi.argv([1]), "item 1 of argv is an int: expected a str"),  # type: ignore[list-item]
    (lambda wasi: wasi.env([["a"]]), "item 1 of env has 1 parts: expected a name and a value"),
    (lambda wasi: wasi.env([("a", 1)]), "the value of item 1 of env is an int: expected a str"),
    (lambda wasi: wasi.stdin_file(1), "the path is an int: expected a str, bytes or a Path"),  # type: ignore[arg-type]
    (lambda wasi: wasi.stdin_bytes("text"), "stdin_bytes is a str: expected bytes"),  # type: ignore[arg-type]
    (lambda wasi: wasi.stdout_custom(1), "stdout_custom is an int: expected something that"),  # type: ignore[arg-type]
    (lambda wasi: wasi.stdout_pipe(1), "stdout_pipe is an int: expected an OutputPipe"),  # type: ignore[arg-type]
    (lambda wasi: wasi.random_seed("1"), "random_seed is a str: expected an int"),  # type: ignore[arg-type]
    (lambda wasi: wasi.preopen_dir("a", "b", 1), "fs_mutable is an int: expected a bool"),  # type: ignore[arg-type]
    (lambda wasi: wasi.fixed_clock(1.5), "the start is a float: expected an int"),  # type: ignore[arg-type]
    (lambda _wasi: Store(SHARED).set_wasi(1), "the WASI configuration is an int: expected a WasiConfig"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("use", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_settings_of_the_wrong_type(use: Callable[[WasiConfig], object], sentence: str) -> None:
    with pytest.raises(WasmTypeError, match=sentence):
        use(WasiConfig())


def test_a_closed_store() -> None:
    store = Store(SHARED)
    store.close()
    with pytest.raises(ClosedError):
        store.set_wasi(WasiConfig())


def test_an_instance_by_hand() -> None:
    # What WASI defines can be imported as anything else.
    store, pipe = Store(SHARED), OutputPipe()
    store.set_wasi(WasiConfig().stdout_pipe(pipe))
    imports = [LINKER.get(store, ty.module, ty.name) for ty in MODULE.imports]
    instance = Instance(store, MODULE, imports)
    instance.memory(store, "memory").write(store, b"text", 4096)
    assert instance.func(store, "print")(store, 1, 4096, 4) == 0
    assert pipe.contents() == b"text"


def reading(source: Any) -> WasiConfig:
    """A configuration with that input."""
    wasi = WasiConfig()
    wasi.stdin_custom = source
    return wasi


def test_input_from_what_can_be_read() -> None:
    asked: list[int] = []
    pieces: list[bytes | bytearray] = [b"ab", bytearray(b"cde"), b""]

    def read(size: int) -> bytes | bytearray:
        asked.append(size)
        return pieces.pop(0)

    run = Guest(reading(read))
    assert [run("read", 1024, 100), run("read", 1026, 3), run("read", 1029, 7)] == [2, 3, 0]
    assert asked == [100, 3, 7]
    run = Guest(reading(io.BytesIO(b"hello")))
    assert [run("read", 1024, 4), run("read", 1028, 4), run("read", 1029, 4)] == [4, 1, 0]


def test_what_an_input_raises_comes_out() -> None:
    error = KeyError("mine")

    def read(size: int) -> bytes:
        raise error

    run = Guest(reading(read))
    with pytest.raises(KeyError) as caught:
        run("read", 1024, 4)
    assert caught.value is error


@pytest.mark.parametrize(
    ("given", "kind", "part"),
    [
        ("text", WasmTypeError, "what the standard input gave is a str: expected bytes"),
        (None, WasmTypeError, "expected bytes"),
        (3, WasmTypeError, "expected bytes"),
        (b"12345", RangeError, "the standard input gave more bytes than expected: 4 at most"),
    ],
)
def test_an_input_that_gives_what_it_should_not(given: Any, kind: type[Exception], part: str) -> None:
    def read(size: int) -> Any:
        return given

    run = Guest(reading(read))
    with pytest.raises(kind, match=part):
        run("read", 1024, 4)
    with pytest.raises(WasmTypeError, match="stdin_custom is an int: expected something with a method read"):
        WasiConfig().stdin_custom = 3  # type: ignore[assignment]


def test_an_input_cannot_use_its_store_and_does_not_keep_it() -> None:
    class Source:
        store: Store

        def read(self, size: int) -> bytes:
            return bytes(self.store.get_fuel())

    source = Source()
    run = Guest(reading(source))
    source.store = run.store
    with pytest.raises(BusyError):
        run("read", 1024, 4)
    gone = weakref.ref(run.store)
    del run, source
    gc.collect()
    assert gone() is None


def test_the_last_setting_of_the_input_counts() -> None:
    wasi = WasiConfig()
    wasi.stdin_custom(io.BytesIO(b"first")).stdin_bytes(b"second")
    run = Guest(wasi)
    assert run("read", 1024, 9) == 6


def test_more_directories_than_there_may_be_descriptors(tmp_path: Path) -> None:
    store = Store(engine())
    store.set_limits(file_descriptors=4)
    granted = WasiConfig()
    granted.preopen_dir(str(tmp_path), "/a")
    store.set_wasi(granted)
    granted.preopen_dir(str(tmp_path), "/b")
    with pytest.raises(LimitError, match="are 5 file descriptors: the store's limits allow 4"):
        store.set_wasi(granted)
