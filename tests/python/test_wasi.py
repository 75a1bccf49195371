"""What a configuration of WASI in Python takes, and what guests get of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from wasi_guest import LINKER, MODULE, SHARED, Guest

from guests import engine
from trimaran import Instance, IoError, LimitError, OutputPipe, Store, WasiConfig, WasmTypeError


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
        from trimaran import WasiConfig
        from wasi_guest import Guest
        guest = Guest(WasiConfig().inherit_stdin().inherit_stdout().inherit_stderr())
        text = guest.read().decode()
        guest.print(text.upper())
        guest.print("oops", 2)"""
    command = [sys.executable, "-W", "error", "-c", program, str(Path(__file__).parent)]
    done = subprocess.run(command, input="hello", capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("HELLO", "oops")


def test_the_host_reads_what_a_guest_left_of_the_input() -> None:
    program = """if True:
        import os, sys
        from pathlib import Path
        sys.path.insert(0, str(Path(sys.argv[1])))
        from trimaran import WasiConfig
        from wasi_guest import Guest
        guest = Guest(WasiConfig().inherit_stdin())
        print(guest.read(1), os.read(0, 2), guest.read(1), os.read(0, 9))"""
    command = [sys.executable, "-W", "error", "-c", program, str(Path(__file__).parent)]
    done = subprocess.run(command, input="hello", capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "b'h' b'el' b'l' b'o'\n"


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
    (
        lambda wasi: wasi.stdout_custom(1),  # type: ignore[arg-type]
        "stdout_custom is an int: expected something with a method write or put, or a callable",
    ),
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


def test_an_instance_by_hand() -> None:
    # What WASI defines can be imported as anything else.
    store, pipe = Store(SHARED), OutputPipe()
    store.set_wasi(WasiConfig().stdout_pipe(pipe))
    imports = [LINKER.get(store, ty.module, ty.name) for ty in MODULE.imports]
    instance = Instance(store, MODULE, imports)
    instance.memory(store, "memory").write(store, b"text", 4096)
    assert instance.func(store, "print")(store, 1, 4096, 4) == 0
    assert pipe.contents() == b"text"


def test_more_directories_than_there_may_be_descriptors(tmp_path: Path) -> None:
    store = Store(engine())
    store.set_limits(file_descriptors=4)
    granted = WasiConfig()
    granted.preopen_dir(str(tmp_path), "/a")
    store.set_wasi(granted)
    granted.preopen_dir(str(tmp_path), "/b")
    with pytest.raises(LimitError, match="are 5 file descriptors: the store's limits allow 4"):
        store.set_wasi(granted)
