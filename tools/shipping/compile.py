"""Compiles the libraries that are published: as those that the tests run, but without a path of the machine in them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .places import OUT, ROOT, emptied, run, say
from .targets import ANDROID, Target

# A folder of its own: other flags would make cargo build everything again for the tests.
FOLDER = OUT / "cargo"
MANIFEST = ["--manifest-path", "bindings/Cargo.toml", "--lib"]


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
    command = ["cargo", "rustc", "--release", "--locked", "--target", target.triple, *MANIFEST, *options]
    run(command, env={"CARGO_TARGET_DIR": str(FOLDER), "CARGO_INCREMENTAL": "0", **_flags(), **_tools(target)})


def _flags() -> dict[str, str]:
    """What makes paths of sources the same on every machine: a panic's sentence has them."""
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    sources = sorted((cargo / "registry" / "src").glob("*"))
    named = {str(folder): "/cargo" for folder in sources} | {str(cargo): "/cargo", str(ROOT): "/trimaran"}
    # The last one that fits is taken.
    rust = [f"--remap-path-prefix={path}={name}" for path, name in reversed(named.items())]
    c = [f"-ffile-prefix-map={path}={name}" for path, name in named.items()]
    return {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(rust), "CFLAGS": " ".join(c)}


def _tools(target: Target) -> dict[str, str]:
    """The NDK's compiler and linker for Android; every other target has those of its machine."""
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
