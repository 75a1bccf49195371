"""The native files of one target: the JVM's library, Python's extension module, Swift's static library, their symbols,
the notices of third parties, and the bill of materials."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from . import bill, compile, crates, link, notices
from .places import BILL, CARGO, NATIVE, NOTICES, ROOT, Failure, emptied, run, say, version
from .targets import Target

MARK = re.compile(rb"trimaran-build:([0-9a-f]{16})")
FACTS = "native.json"


class Kind(StrEnum):
    """What native files are made of."""

    # The build that the tests run.
    TESTED = "tested"
    # The same, but Python's extension module has this project's own part without optimisation: that takes a tenth of
    # the time, and only its speed and its size mean less then.
    BRIEF = "brief"
    # A build of its own, without a path of the machine in it.
    PUBLISHED = "published"
    # A stand-in for a platform that this machine cannot build for: no library of trimaran-ffi.
    NO_USE = "of no use"


@dataclass(frozen=True)
class Facts:
    """What `assemble` and `verify` have to know of a target's native files."""

    triple: str
    version: str
    # The number of the build, which the classes of the JVM ask for.
    build: str
    kind: Kind


def folder(target: Target) -> Path:
    return NATIVE / target.triple


def facts(target: Target) -> Facts:
    read: dict[str, Any] = json.loads((folder(target) / FACTS).read_text())
    return Facts(**read | {"kind": Kind(read["kind"])})


def build(target: Target, kind: Kind) -> None:
    """Makes the folder of a target."""
    if target.zig is None and kind != Kind.PUBLISHED:
        raise Failure(f"{target.triple} has no build that tests run here: add --publish")
    out = emptied(folder(target))
    if target.zig is None:
        compile.libraries(target, out)
        number = _build(next(out.rglob("*trimaran_ffi*")))
    else:
        number = _linked(target, out, *(_published(target) if kind == Kind.PUBLISHED else _own(kind)))
    say(f"{target.triple}: notices and bill of materials")
    packages = crates.linked(target.triple)
    (out / NOTICES).write_text(notices.text(packages), encoding="utf-8")
    (out / BILL).write_text(bill.text(packages), encoding="utf-8")
    found = Facts(target.triple, version(), number, kind)
    (out / FACTS).write_text(json.dumps(asdict(found), indent=2) + "\n")
    say(f"{target.triple}: {out.relative_to(ROOT)}")


def _linked(target: Target, out: Path, jvm: Path, python: Path) -> str:
    """Links the shared libraries of the static ones. The number of their build."""
    number = _build(jvm)
    if _build(python) != number:
        raise Failure("the two static libraries are of different builds: build both from the same sources")
    say(f"{target.triple}: linking")
    symbols = out / "symbols"
    symbols.mkdir()
    library, extension = out / "jvm" / target.library, out / "python" / target.extension
    for file in (library, extension):
        file.parent.mkdir()
    link.shared(jvm, library, link.JVM, target, soname=target.library)
    link.shared(python, extension, link.PYTHON, target, soname=None)
    for file in (library, extension):
        shutil.rmtree(file.parent / "link")
        link.split(file, symbols / f"{file.name}.debug")
    static = out / "swift" / "libtrimaran_ffi.a"
    static.parent.mkdir()
    shutil.copy(jvm, static)
    link.without_lines(static)
    return number


def _published(target: Target) -> tuple[Path, Path]:
    made = compile.archives(target)
    return made / "jvm.a", made / "python.a"


def _own(kind: Kind) -> tuple[Path, Path]:
    """The static libraries of the build that the tests run: Swift's and the JVM's, and Python's."""
    jvm = ROOT / "target" / "native" / "lib" / "libtrimaran_ffi.a"
    if not jvm.exists():
        raise Failure("the native library is not built: run `make native` first")
    say("building the extension module of Python")
    python = ["--manifest-path", "bindings/Cargo.toml", "--lib", "--features", "python", "--crate-type", "staticlib"]
    flags = ["--", "-C", "opt-level=0"] if kind == Kind.BRIEF else []
    run(["cargo", "rustc", "--release", "--locked", *python, *flags])
    return jvm, CARGO / "release" / "libtrimaran_ffi.a"


def _build(library: Path) -> str:
    found = MARK.search(library.read_bytes())
    if found is None:
        raise Failure(f"{library.name} has no number of its build: it is none of trimaran-ffi")
    return found[1].decode()
