"""Compiles the libraries that are published: as those that the tests run, but without a path of the machine in them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from . import compilers, link
from .places import OUT, ROOT, Failure, emptied, run, say
from .targets import ANDROID, Target

# A folder of its own: other flags would make cargo build everything again for the tests.
FOLDER = OUT / "cargo"
MANIFEST = ["--manifest-path", "bindings/Cargo.toml", "--lib"]
# The stable ABI of Python is the same everywhere: no Python of this machine is asked, and no library of it is linked.
SETTINGS = {
    "CARGO_TARGET_DIR": str(FOLDER),
    "CARGO_INCREMENTAL": "0",
    "PYO3_NO_PYTHON": "1",
    "PYO3_BUILD_EXTENSION_MODULE": "1",
}


def archives(target: Target) -> Path:
    """A folder with the static libraries: `jvm.a`, which is Swift's too, and `python.a`."""
    made = emptied(OUT / "archives" / target.triple)
    _cargo(target, ["--crate-type", "staticlib"])
    shutil.copy(_built(target) / "libtrimaran_ffi.a", made / "jvm.a")
    if target.wheel:
        _cargo(target, ["--features", "python", "--crate-type", "staticlib"])
        shutil.copy(_built(target) / "libtrimaran_ffi.a", made / "python.a")
    return made


def libraries(target: Target, out: Path) -> None:
    """The files of a target whose own linker makes them: macOS, iOS, Windows, Android."""
    static = "trimaran_ffi.lib" if target.system == "windows" else "libtrimaran_ffi.a"
    if target.system == "ios":
        _cargo(target, ["--crate-type", "staticlib"])
        _copy(_built(target) / static, out / "swift" / static)
        return
    kinds = "staticlib,cdylib" if target.system == "darwin" else "cdylib"
    _cargo(target, ["--crate-type", kinds, "--", "-C", "strip=symbols", *_pages(target)])
    _copy(_built(target) / target.library, out / "jvm" / target.library)
    if target.system == "darwin":
        _copy(_built(target) / static, out / "swift" / static)
    if target.wheel:
        # Python's own functions are those of the program that loads the module.
        open_ended = ["-C", "link-arg=-undefined", "-C", "link-arg=dynamic_lookup"] if target.system == "darwin" else []
        options = ["--features", "python", "--crate-type", "cdylib", "--", "-C", "strip=symbols", *open_ended]
        _cargo(target, options)
        _copy(_built(target) / target.library, out / "python" / target.extension)


def _pages(target: Target) -> list[str]:
    return ["-C", "link-arg=-Wl,-z,max-page-size=16384"] if target.system == "android" else []


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, to)


def _built(target: Target) -> Path:
    return FOLDER / target.triple / "release"


def _cargo(target: Target, options: list[str]) -> None:
    say(f"{target.triple}: compiling (about 10 minutes on 2 cores the first time)")
    standard_library(target)
    # For Linux zig compiles what is C, on whatever machine: it has the headers of the oldest glibc, and those of musl.
    cargo, name, environment = "cargo", target.triple, {**SETTINGS, **_flags(target)}
    if target.zig is not None:
        tools = Path(sys.executable).parent
        cargo, name = str(tools / "cargo-zigbuild"), target.zigbuild
        # It finds zig by the Python that it finds.
        environment |= {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "CARGO_ZIGBUILD_CACHE_DIR": str(link.CACHE)}
    run(
        [cargo, "rustc", "--release", "--locked", "--target", name, *MANIFEST, *options],
        env=environment | _tools(target),
    )


def check(target: Target) -> None:
    """Whether the library compiles for the target, without a warning. Nothing is linked."""
    say(f"{target.triple}: checking (about 6 minutes on 2 cores)")
    standard_library(target)
    command = ["cargo", "check", "--release", "--locked", "--target", target.triple, *MANIFEST]
    if target.system not in ("ios", "android"):
        # Where there are wheels.
        command += ["--features", "python"]
    flags = {"CARGO_ENCODED_RUSTFLAGS": "-Dwarnings"}
    run(command, env={**SETTINGS, **flags, **compilers.zig(target)})


def standard_library(target: Target) -> None:
    """Rust's standard library for the target, which rustup fetches if it is missing."""
    there = Path(run(["rustc", "--print", "target-libdir", "--target", target.triple]).strip())
    if any(there.glob("libstd-*")):
        return
    if shutil.which("rustup") is None:
        raise Failure(
            f"Rust's standard library for {target.triple} is missing, and there is no rustup to fetch it with"
        )
    run(["rustup", "target", "add", target.triple])


def _flags(target: Target) -> dict[str, str]:
    """What makes paths of sources the same on every machine: a panic's sentence has them."""
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    sources = sorted((cargo / "registry" / "src").glob("*"))
    named = {str(folder): "/cargo" for folder in sources} | {str(cargo): "/cargo", str(ROOT): "/trimaran"}
    # The last one that fits is taken.
    rust = [f"--remap-path-prefix={path}={name}" for path, name in reversed(named.items())]
    c = [f"-ffile-prefix-map={path}={name}" for path, name in named.items()]
    if target.is_musl:
        # The program that loads the library has musl as a shared library.
        rust.append("-Ctarget-feature=-crt-static")
    return {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(rust), "CFLAGS": " ".join(c)}


def _tools(target: Target) -> dict[str, str]:
    """The NDK for Android, and zig for another system's; other targets have the tools of their machine."""
    if target.zig is None and compilers.is_needed(target):
        return compilers.zig(target)
    if target.triple not in ANDROID:
        return {}
    host = "darwin-x86_64" if shutil.which("xcrun") else "linux-x86_64"
    tools = Path(os.environ["ANDROID_NDK_HOME"]) / "toolchains" / "llvm" / "prebuilt" / host / "bin"
    # API 26 is minSdk.
    clang = str(tools / f"{target.triple}26-clang")
    name = target.triple.replace("-", "_")
    return {
        f"CC_{name}": clang,
        f"AR_{name}": str(tools / "llvm-ar"),
        f"CARGO_TARGET_{name.upper()}_LINKER": clang,
    }
