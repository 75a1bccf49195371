"""What the library and each built package offer."""

from __future__ import annotations

import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import presets
import swift_graph
from documents import KOTLIN, KOTLIN_COMPONENT
from surface import SPACE, Item

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
OUT = ROOT / "target" / "parity"


def run(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def core() -> list[str]:
    """A line for each item, by the metadata in the library."""
    suffix = "dylib" if sys.platform == "darwin" else "so"
    return run("target/release/trimaran-metadata", f"target/native/lib/libtrimaran_ffi.{suffix}").splitlines()


def python() -> list[Item]:
    return parsed(run("target/python/venv/bin/python", HERE / "read_python.py"))


def kotlin() -> list[Item]:
    # With the libraries of the examples; the tests' build has fetched the reflection of the same version.
    libraries = (ROOT / "examples/kotlin/target/classpath").read_text().strip().split(":")[1:]
    libraries += [path.replace("kotlin-stdlib", "kotlin-reflect") for path in libraries if "kotlin-stdlib" in path]
    classes = ROOT / "kotlin/target/classes"
    items = parsed(run("java", "-cp", ":".join([str(classes), *libraries]), HERE / "ReadKotlin.java", classes))
    known = presets.kotlin(*KOTLIN, KOTLIN_COMPONENT)
    return [replace(item, presets=tuple(known.get(called(item.words), ()))) for item in items]


def called(words: str) -> tuple[str, tuple[str, ...]]:
    """The name of what is called, and its parameters' names."""
    name, _, names = words.rstrip(")").partition("(")
    return name, tuple(names.split(", ") if names else ())


def swift() -> list[Item]:
    """By the symbol graphs of what the examples were built with."""
    components = [replace(item, path=SPACE + item.path) for item in swift_module("TrimaranComponent")]
    return [*swift_module("Trimaran"), *components]


def swift_module(module: str) -> list[Item]:
    package = ROOT / "examples/swift"
    run("tools/swift", "swift", "build", "--quiet", "--package-path", package, "--target", module)
    build = (package / ".build/debug").resolve()
    OUT.mkdir(parents=True, exist_ok=True)
    include = [ROOT / "swift/Sources/CTrimaran", build / "Modules"]
    options = [word for folder in include for word in ("-I", folder)]
    if platform.system() == "Darwin":
        options += ["-sdk", run("xcrun", "--show-sdk-path").strip()]
    # Debian keeps it off the PATH.
    extract = 'PATH=$PATH:/usr/libexec/swift/bin && exec swift-symbolgraph-extract "$@"'
    options += ["-module-name", module, "-target", build.parent.name, "-output-dir", OUT]
    run("tools/swift", "sh", "-c", extract, "sh", *options, "-minimum-access-level", "public")
    return swift_graph.read(OUT / f"{module}.symbols.json", module)


def parsed(output: str) -> list[Item]:
    lines = [line.split("\t") for line in output.splitlines()]
    return [Item(path, default, words, tuple(presets)) for path, default, words, *presets in lines]
