"""Checks the wheels, by the registry's own rules."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..assemble import present
from ..native import folder
from ..places import BILL, NOTICES, OUT, PACKAGES, ROOT, Skipped, emptied
from ..targets import this_machine
from ..wheels import name


def _wheels() -> list[Path]:
    return sorted((PACKAGES / "python").glob("*.whl"))


def _asked(command: Sequence[str | Path]) -> Iterator[str]:
    """What a checker of Python's world says, if it fails."""
    done = subprocess.run([sys.executable, "-m", *map(str, command)], capture_output=True, text=True)
    if done.returncode:
        yield f"{command[0]}: {(done.stdout + done.stderr).strip()}"


def described() -> Iterator[str]:
    """wheels: twine accepts the description"""
    yield from _asked(["twine", "check", "--strict", *_wheels()])


def contents() -> Iterator[str]:
    """wheels: check-wheel-contents finds nothing that does not belong there"""
    yield from _asked(["check_wheel_contents", *_wheels()])


def stable() -> Iterator[str]:
    """wheels: abi3audit finds no symbol outside of the stable ABI of Python 3.11"""
    for wheel in _wheels():
        if "linux" in wheel.name:
            yield from _asked(["abi3audit", "--strict", "--assume-minimum-abi3", "3.11", wheel])


def inside() -> Iterator[str]:
    """wheels: each has its target's extension, every source and type, licence, notices and bill of materials"""
    sources = ROOT / "python" / "trimaran"
    kinds = ("*.py", "*.pyi", "py.typed")
    files = {f"trimaran/{file.relative_to(sources)}" for kind in kinds for file in sources.rglob(kind)}
    for target in present():
        if not target.wheel:
            continue
        wheel = PACKAGES / "python" / name(target)
        with zipfile.ZipFile(wheel) as archive:
            there = set(archive.namelist())
            ends = [f".dist-info/licenses/{NOTICES}", ".dist-info/licenses/LICENSE", f".dist-info/sboms/{BILL}"]
            lacking = [end for end in ends if not any(file.endswith(end) for file in there)] + sorted(files - there)
            if lacking:
                yield f"{wheel.name} lacks {', '.join(lacking)}"
            if (
                archive.read(f"trimaran/{target.extension}")
                != (folder(target) / "python" / target.extension).read_bytes()
            ):
                yield f"{wheel.name} has another extension than the native files of {target.triple}"


PROGRAM = """
import trimaran
from trimaran import Engine, Instance, Module, Store, Trap, component
engine = Engine()
module = Module(engine, '(module (func (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s))')
with Store(engine) as store:
    div = Instance(store, module).func(store, "div")
    try:
        div(store, 84, 0)
    except Trap as trap:
        print(trimaran.__version__, div(store, 84, 2), trap.code)
# Not in the store of the trap, which no component may enter any more.
with Store(engine) as store:
    add = component.Component(engine, '''(component
        (core module $m (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
        (core instance $i (instantiate $m))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))''')
    print("component", component.Linker(engine).instantiate(store, add).func(store, "add")(store, 40, 2))
"""


def works() -> Iterator[str]:
    """wheels: this machine's works, and says what is wrong with a missing or foreign library"""
    if this_machine() not in present():
        raise Skipped("there are no native files of this machine's kind")
    wheel = PACKAGES / "python" / name(this_machine())
    place = emptied(OUT / "installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    if (
        not re.search(r"^\S+ 42 \S*INTEGER_DIVISION_BY_ZERO", said := _run(place, PROGRAM), re.MULTILINE)
        or "component 42" not in said
    ):
        yield f"{wheel.name}: {said}"
    extension = place / "trimaran" / this_machine().extension
    # The two bytes of an ELF file that name its processor: one of 1983.
    extension.write_bytes((whole := extension.read_bytes())[:18] + b"\x02\x00" + whole[20:])
    if "ImportError: the native library of trimaran, " not in (said := _run(place, "import trimaran")):
        yield f"a library for another processor is not said in a sentence of ours: {said}"
    extension.unlink()
    if "ImportError: this installation of trimaran has no native library" not in (
        said := _run(place, "import trimaran")
    ):
        yield f"a missing library is not said in a sentence of ours: {said}"


def _run(place: Path, program: str) -> str:
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(place)!r})\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr


CHECKS = [described, contents, stable, inside, works]
