"""Checks the native files of a target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .. import elf, link, native
from ..places import NATIVE, ROOT, Skipped
from ..targets import Target

PAGE = 16 * 1024
# What every system of the kind has.
SYSTEM = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "libgcc_s.so.1", "libc.so", "librt.so.1"}
LOADER = re.compile(r"ld-linux-[a-z0-9_-]+\.so\.\d")
# The home of a person or a machine, with something in it, or this very folder.
PATHS = re.compile(
    rb"(?:/root|/home/[\w.-]+|/Users/[\w.-]+|C:\\\\Users\\\\[\w.-]+)/[\w./+@-]+|"
    + re.escape(bytes(ROOT))
    + rb"/[\w./-]*"
)


def _shared(target: Target) -> Iterator[tuple[Path, list[str]]]:
    """The ELF files of a target, with what they should export."""
    folder = native.folder(target)
    for file, roots in (
        (folder / "jvm" / target.library, link.JVM),
        (folder / "python" / target.extension, link.PYTHON),
    ):
        if file.exists() and file.read_bytes()[:4] == elf.MAGIC:
            yield file, roots


def glibc(target: Target) -> Iterator[str]:
    """no newer glibc is needed than the wheel's tag says"""
    for file, _ in _shared(target):
        found = elf.read(file).newest("GLIBC")
        if found > (target.glibc or (0,)):
            yield f"{file.name} needs glibc {_dotted(found)}: expected at most {_dotted(target.glibc or ('none',))}"


def pages(target: Target) -> Iterator[str]:
    """segments fit pages of 16 KB, and neither the stack nor relocations make code writable"""
    for file, _ in _shared(target):
        facts = elf.read(file)
        if min(facts.alignments, default=0) < PAGE:
            yield f"{file.name} has segments aligned to {min(facts.alignments, default=0)} bytes: expected {PAGE}"
        if facts.has_executable_stack:
            yield f"{file.name} asks for a stack that may hold code"
        if facts.has_text_relocations:
            yield f"{file.name} has relocations in its code"


def symbols(target: Target) -> Iterator[str]:
    """libraries export their entries alone, are stripped, and their symbols are kept"""
    for file, roots in _shared(target):
        facts = elf.read(file)
        if (exported := sorted(facts.exported)) != sorted(roots):
            extra, lacking = set(exported) - set(roots), set(roots) - set(exported)
            yield f"{file.name} exports {sorted(extra)[:5]} besides its entries, and lacks {sorted(lacking)}"
        if facts.symbols != tuple(sorted(link.DEBUGGERS)):
            yield f"{file.name} has the symbols {list(facts.symbols[:5])}: expected those that debuggers look for"
        kept = native.folder(target) / "symbols" / f"{file.name}.debug"
        if not kept.exists() or not elf.read(kept).symbols:
            yield f"{kept.name} is missing, or has no symbols"
    jvm = (ROOT / "kotlin/src/main/kotlin/dev/trimaran/internal/NativeImage.kt").read_text()
    asked = {f"Java_dev_trimaran_internal_NativeImage_{name}" for name in re.findall(r"external fun (\w+)", jvm)}
    if asked != set(link.JVM):
        yield f"NativeImage.kt asks for {sorted(asked)}: link.py exports {link.JVM}"


def needed(target: Target) -> Iterator[str]:
    """libraries need what every system of the kind has, and nothing else"""
    for file, _ in _shared(target):
        strange = [name for name in elf.read(file).needed if name not in SYSTEM and not LOADER.fullmatch(name)]
        if strange:
            yield f"{file.name} needs {', '.join(strange)}"


def paths(target: Target) -> Iterator[str]:
    """no file names a folder of the machine that built it"""
    if native.facts(target).kind != native.Kind.PUBLISHED:
        raise Skipped("the build that the tests run keeps them: one for publishing is compiled without")
    for file in sorted(native.folder(target).rglob("*")):
        if file.is_file() and "symbols" not in file.parts:
            found = sorted({match.decode(errors="replace") for match in PATHS.findall(file.read_bytes())})
            if found:
                yield f"{file.relative_to(NATIVE)} has {len(found)} paths, such as {found[0]}"


def _dotted(numbers: tuple[object, ...]) -> str:
    return ".".join(map(str, numbers))


CHECKS = [glibc, pages, symbols, needed, paths]
