"""Modules: from text, bytes and files, validated, reflected, stored."""

from __future__ import annotations

import copy
import errno
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from guests import config, engine
from trimaran import (
    ArtifactError,
    ClosedError,
    CompileError,
    Engine,
    Instance,
    IoError,
    Module,
    Store,
    WasmTypeError,
    WatSyntaxError,
    wat2wasm,
)

WAT = '(module $named (func (export "seven") (result i32) i32.const 7))'
WASM = wat2wasm(WAT)


def seven(module: Module, engine: Engine) -> object:
    store = Store(engine)
    return Instance(store, module, []).exports(store)["seven"](store)  # type: ignore[operator]


@pytest.mark.parametrize("wasm", [WAT, WAT.encode(), WASM, bytearray(WASM), memoryview(WASM), f"  \n{WAT}"])
def test_sources(wasm: str | bytes) -> None:
    made = engine()
    Module.validate(made, wasm)
    assert seven(Module(made, wasm), made) == 7


def test_wat2wasm() -> None:
    assert wat2wasm("(module)") == b"\0asm\1\0\0\0"
    assert type(wat2wasm(b"(module)")) is bytes
    assert wat2wasm(WASM) == WASM


def test_files(tmp_path: Path) -> None:
    made = engine()
    for name, content in (("text.wat", WAT.encode()), ("binary.wasm", WASM)):
        file = tmp_path / name
        file.write_bytes(content)
        for path in (file, str(file), str(file).encode()):
            assert seven(Module.from_file(made, path), made) == 7
    missing = tmp_path / "missing.wasm"
    for use in (Module.from_file, Module.deserialize_file):
        with pytest.raises(IoError, match=r"missing\.wasm: ") as caught:
            use(made, missing)
        assert caught.value.path == caught.value.filename == str(missing)
        assert isinstance(caught.value, FileNotFoundError)
        assert caught.value.code == caught.value.errno == errno.ENOENT
        assert caught.value.strerror == caught.value.reason
        assert str(caught.value) == f"{missing}: {caught.value.reason}"
        for twin in (copy.copy(caught.value), copy.deepcopy(caught.value), pickle.loads(pickle.dumps(caught.value))):
            assert isinstance(twin, IoError) and isinstance(twin, FileNotFoundError)
            assert (str(twin), twin.errno, twin.filename) == (str(caught.value), errno.ENOENT, str(missing))
    with pytest.raises(IsADirectoryError):
        Module.from_file(made, tmp_path)
    with pytest.raises(NotADirectoryError):
        Module.from_file(made, tmp_path / "text.wat" / "more")
    with pytest.raises(WasmTypeError, match="is not UTF-8"):
        Module.from_file(made, b"\xff.wasm")


def test_errors_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "plugin.wat"
    file.write_text("(module\n  (fonc))")
    with pytest.raises(WatSyntaxError) as caught:
        Module.from_file(engine(), file)
    assert str(caught.value).startswith(f"{file}: ")
    assert str(caught.value).endswith(" (line 2, column 4)\n 2 |   (fonc))\n   |    ^")
    for wrong in ("(module (func (result i32)))", "nothing"):
        file.write_text(wrong)
        with pytest.raises(CompileError, match="^" + re.escape(f"{file}: ")):
            Module.from_file(engine(), file)


def test_artifacts(tmp_path: Path) -> None:
    made = engine()
    artifact = Module(made, WAT).serialize()
    assert type(artifact) is bytes
    assert seven(Module.deserialize(made, artifact), made) == 7
    file = tmp_path / "module.cwasm"
    file.write_bytes(artifact)
    assert seven(Module.deserialize_file(made, str(file)), made) == 7
    other = Engine(config().consume_fuel(True))
    with pytest.raises(ArtifactError):
        Module.deserialize(other, artifact)
    for damaged in (b"", artifact[:-1], bytes([artifact[0] ^ 1]) + artifact[1:], WASM):
        with pytest.raises(ArtifactError):
            Module.deserialize(made, damaged)


def test_name_and_repr() -> None:
    made = engine()
    named, unnamed = Module(made, WAT), Module(made, "(module)")
    assert (named.name, unnamed.name) == ("named", None)
    assert (repr(named), repr(unnamed)) == ("<Module 'named'>", "<Module>")
    long = Module(made, f'(module $"{"m" * 200}\\1b")')
    assert long.name == "m" * 200 + "\x1b"
    assert repr(long) == f"<Module '{'m' * 128}…'>"


def test_close() -> None:
    made = engine()
    with Module(made, WAT) as module:
        store = Store(made)
        instance = Instance(store, module)
    module.close()
    for use in (lambda: module.exports, lambda: module.imports, lambda: module.name, module.serialize):
        with pytest.raises(ClosedError, match="the module is closed"):
            use()
    with pytest.raises(ClosedError, match="the module is closed"):
        Instance(store, module)
    assert instance.func(store, "seven")(store) == 7
    assert repr(module) == "<Module, closed>"


def test_a_module_serves_many_stores() -> None:
    made = engine()
    module = Module(made, WAT)
    assert [seven(module, made) for _ in range(3)] == [7, 7, 7]
    assert module.exports == module.exports


@pytest.mark.parametrize("path", ["plugin.wasm", "plugin.wat", Path("plugin.wasm")])
def test_a_path_is_no_module(path: Any) -> None:
    with pytest.raises(WasmTypeError, match=r"the path of a file: read the file with Module\.from_file"):
        Module(engine(), path)
