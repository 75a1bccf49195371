"""The files of guests in Python: names that are no UTF-8, directories in memory, quotas."""

from __future__ import annotations

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from guests import MODULES, engine
from trimaran import (
    ConfigError,
    IoError,
    LimitError,
    Linker,
    MemoryDirectory,
    Module,
    OutputPipe,
    RangeError,
    Store,
    WasiConfig,
    WasmTypeError,
)

SHARED = engine()
LINKER = Linker(SHARED)
LINKER.define_wasi()
FILES = Module.from_file(SHARED, MODULES / "wasi_files.wat")
WASI = Module.from_file(SHARED, MODULES / "wasi.wat")
NAMES = {"note": (64, 4), "sub": (80, 3), "other": (96, 5)}
unix = pytest.mark.skipif(sys.platform == "win32", reason="names of any bytes, and sockets among files")
linux = pytest.mark.skipif(sys.platform != "linux", reason="file systems that take names of any bytes")


class Guest:
    """An instance in a store of its own."""

    def __init__(self, wasi: WasiConfig, module: Module = FILES) -> None:
        self.store = Store(SHARED)
        self.store.set_wasi(wasi)
        self.instance = LINKER.instantiate(self.store, module)
        self.memory = self.instance.memory(self.store, "memory")

    def __call__(self, name: str, *arguments: int | str) -> Any:
        given = [part for it in arguments for part in (NAMES[it] if isinstance(it, str) else (it,))]
        return self.instance.func(self.store, name)(self.store, *given)

    def names(self, directory: int) -> list[str]:
        """What `fd_readdir` gives, but for the two that every directory has."""
        assert self("readdir", directory, 2048, 0) == 0
        data = self.memory.read(self.store, 1024, 1024 + self("count"))
        names: list[str] = []
        while data:
            length = int.from_bytes(data[16:20], "little")
            names.append(data[24 : 24 + length].decode())
            data = data[24 + length :]
        assert names[:2] == [".", ".."]
        return names[2:]


@linux
def test_a_name_that_is_no_utf8_is_left_out(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in (b"one", b"\xfe\xff", b"two"):
        Path(os.fsdecode(folder + b"/" + name)).write_text("")
    guest = Guest(WasiConfig().preopen_dir(folder, "/"))
    assert sorted(guest.names(3)) == ["one", "two"]
    # A directory in it, which the guest opens.
    below = tmp_path / "sub"
    below.mkdir()
    Path(os.fsdecode(os.fsencode(below) + b"/\xff")).write_text("")
    (below / "three").write_text("")
    assert guest("open", 3, "sub", 2, 1, 0) == 0
    assert guest.names(guest("fd")) == ["three"]


@unix
def test_a_socket_among_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
        assert sorted(Guest(WasiConfig().preopen_dir(tmp_path, "/")).names(3)) == ["file", "socket"]


@linux
def test_a_path_that_is_no_utf8_says_so(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xfe"
    os.mkdir(folder)
    for path in (folder, Path(os.fsdecode(folder))):
        with pytest.raises(WasmTypeError, match=r"the path b'.*\\xfe' is not UTF-8"):
            WasiConfig().preopen_dir(path, "/")
    with pytest.raises(WasmTypeError, match="surrogate"):
        WasiConfig().preopen_dir("\ud800", "/")


def variables(wasi: WasiConfig) -> bytes:
    out = OutputPipe()
    wasi.stdout_pipe = out
    assert Guest(wasi, WASI)("env") == 0
    return out.contents()


@unix
def test_variables_are_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"TRIMARAN_TEST", b"\xffx\xfe")
    assert b"\nTRIMARAN_TEST=\xffx\xfe\n" in b"\n" + variables(WasiConfig().inherit_env())
    wasi = WasiConfig()
    wasi.env = {b"A": b"\xff"}
    assert variables(wasi) == b"A=\xff\n"
    # As `os.environ` has them.
    wasi.env = {"A": os.environ["TRIMARAN_TEST"], "B": "ä"}
    assert variables(wasi) == b"A=\xffx\xfe\nB=\xc3\xa4\n"
    with pytest.raises(WasmTypeError, match="surrogate"):
        wasi.env = {"A": "\ud800"}


def test_a_directory_in_memory() -> None:
    files = MemoryDirectory({"note": b"there", "sub/": b""})
    guest = Guest(WasiConfig().preopen_memory(files, "/data"))
    assert guest.names(3) == ["note", "sub"]
    assert guest("open", 3, "other", 1, 2, 0) == 0
    assert guest("write", guest("fd"), 64, 4) == 0
    assert files.files() == {"note": b"there", "other": b"note"}
    files.write("sub/deep/b", bytearray(b"x"))
    assert files.names() == ["note", "other", "sub/deep/b"]
    assert files.read("sub/deep/b") == b"x"
    files.remove("note")
    with pytest.raises(IoError, match="there is no such file"):
        files.read("note")


def test_what_is_wrong_with_a_directory_in_memory() -> None:
    wrong: Any = MemoryDirectory
    for given in ([b"a"], {1: b"a"}, {"a": "text"}):
        with pytest.raises(WasmTypeError):
            wrong(given)
    with pytest.raises(RangeError, match="max_bytes"):
        MemoryDirectory(max_bytes=-1)
    with pytest.raises(LimitError, match="max_bytes"):
        MemoryDirectory({"a": b"12"}, max_bytes=1)
    for name in ("", "/a", "../a", "a" * 256, "a/" * 600 + "b", "a\0"):
        with pytest.raises(IoError):
            MemoryDirectory({name: b""})
    # What the directory begins with fits, if nothing is said.
    MemoryDirectory({"a": bytes(65 << 20)})
    two = WasiConfig().preopen_memory(MemoryDirectory(), "/a").preopen_memory(MemoryDirectory(), "/a/")
    with pytest.raises(ConfigError, match="two directories"):
        Store(SHARED).set_wasi(two)


def test_a_guest_that_removes_while_it_reads() -> None:
    files = MemoryDirectory({f"file{number:03}": b"" for number in range(100)})
    guest = Guest(WasiConfig().preopen_memory(files, "/"))
    cookie = seen = 0
    while True:
        assert guest("readdir", 3, 24 + 7, cookie) == 0
        if guest("count") < 24:
            break
        entry = guest.memory.read(guest.store, 1024, 1024 + 31)
        cookie, name = int.from_bytes(entry[:8], "little"), entry[24:].decode()
        if name.startswith("file"):
            files.remove(name)
            seen += 1
    assert (seen, files.names()) == (100, [])


def test_stores_on_threads_share_a_directory_in_memory() -> None:
    files = MemoryDirectory(max_bytes=100_000)

    def work(number: int) -> int:
        guest = Guest(WasiConfig().preopen_memory(files, "/"))
        for _ in range(200):
            assert guest("open", 3, "note", 1, 3, 1) == 0
            assert guest("write", 4, 4096, 10) == 0
            assert guest("close", 4) == 0
        return number

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(files.read("note")) == 8000


def held(folder: Path) -> int:
    """The bytes of a folder's files, some of which may go meanwhile."""
    sizes = 0
    for file in folder.iterdir():
        try:
            sizes += file.stat().st_size
        except FileNotFoundError:
            continue
    return sizes


def test_a_quota_on_threads(tmp_path: Path) -> None:
    """Stores that write, cut and remove the same files never have more there than their quotas together."""

    def work(_number: int) -> None:
        guest = Guest(WasiConfig().preopen_dir(tmp_path, "/", max_bytes=10_000, max_files=3))
        for turn in range(100):
            name = ("note", "other")[turn % 2]
            opened = guest("open", 3, name, 1, 3, 0)
            assert opened in (0, 19)
            if opened:
                guest("unlink", 3, name)
                continue
            fd = guest("fd")
            assert guest("write", fd, 4096, 4000) in (0, 19)
            assert guest("set_size", fd, 1000 * (turn % 5)) in (0, 19)
            if turn % 3 == 0:
                guest("unlink", 3, name)
            assert guest("close", fd) == 0
            assert held(tmp_path) <= 40_000

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_large_pieces(tmp_path: Path) -> None:
    """More than wasmtime's own bound at once, with a setting, and random bytes without one."""
    wasi = WasiConfig().preopen_dir(tmp_path, "/")
    guest = Guest(wasi)
    size = 129 << 20
    guest.memory.grow(guest.store, (size >> 16) + 1)
    assert guest("open", 3, "note", 1, 3, 0) == 0
    assert guest("write", 4, 65536, size) == 48
    assert guest("random", 65 << 20) == 0
    wasi.max_transfer = 1 << 30
    guest.store.set_wasi(wasi)
    assert guest("open", 3, "note", 1, 3, 0) == 0
    assert guest("write", 4, 65536, size) == 0
    assert guest("count") == size
    assert guest("pread", 4, 65536, size, 0) == 0
    assert guest("count") > 0
    (tmp_path / "note").unlink()
    wasi.max_transfer = 4095
    with pytest.raises(RangeError, match="max_transfer is 4095 bytes: expected 4096 or more"):
        guest.store.set_wasi(wasi)
