"""Links a shared library from the static one, for an old glibc, by zig's linker (lld)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .places import OUT, run
from .targets import Target

CACHE = OUT / "zig-cache"
# What HotSpot looks up by name; it is given all other functions by these (`NativeImage.kt`).
JVM = [f"Java_dev_trimaran_internal_NativeImage_{name}" for name in ("build", "register", "unregister")]
PYTHON = ["PyInit__native"]
# Where native debuggers learn of code that is made at run time (`Config.debug_info`). They look for these by name.
DEBUGGERS = ["__jit_debug_register_code", "__jit_debug_descriptor"]

# The functions of the unwinder that Rust and wasmtime call, by the version of libgcc_s that has them.
#
# The unwinder is that of the process: glibc ends threads, as CPython does at exit, by unwinding with libgcc_s, and a
# second unwinder within this library would be handed the other one's contexts. zig has no libgcc_s to link with: this
# is enough of one, by the name and the versions of each distribution's. musl unwinds no thread, and a system with musl
# need not have libgcc_s: there the library contains the unwinder that Rust brings along.
UNWINDER = {
    "GCC_3.0": [
        *(f"_Unwind_{name}" for name in ("DeleteException", "ForcedUnwind", "GetDataRelBase", "GetGR", "GetIP")),
        *(f"_Unwind_{name}" for name in ("GetLanguageSpecificData", "GetRegionStart", "GetTextRelBase")),
        *(f"_Unwind_{name}" for name in ("RaiseException", "Resume", "SetGR", "SetIP")),
    ],
    "GCC_3.3": [f"_Unwind_{name}" for name in ("Backtrace", "FindEnclosingFunction", "GetCFA", "Resume_or_Rethrow")],
    "GCC_4.2.0": ["_Unwind_GetIPInfo"],
}
# Those that tell the unwinder of code that is made at run time, and their version by the processor: that of arm64 is
# named after glibc.
FRAMES = ["__register_frame", "__deregister_frame"]
FRAME_VERSIONS = {"x86_64": "GCC_3.0", "aarch64": "GLIBC_2.0"}


def zig(arguments: Sequence[str | Path]) -> None:
    env = {"ZIG_GLOBAL_CACHE_DIR": str(CACHE), "ZIG_LOCAL_CACHE_DIR": str(CACHE), "PATH": os.environ["PATH"]}
    run([sys.executable, "-m", "ziglang", *arguments], env=env)


def shared(archive: Path, out: Path, roots: Sequence[str], target: Target, soname: str | None) -> None:
    """Links what `roots` reach into `out`, which exports them and nothing else."""
    assert target.zig is not None, target.triple
    work = out.parent / "link"
    work.mkdir(parents=True, exist_ok=True)
    exports = work / "exports.map"
    exports.write_text("{ global: " + " ".join(f"{root};" for root in roots) + " local: *; };\n")
    options: list[str | Path] = [
        "-shared",
        *(f"-Wl,-u,{root}" for root in roots),
        archive,
        _bundled_unwinder(target) if target.is_musl else _unwinder(work, target),
        "-Wl,--gc-sections",
        "-Wl,--build-id=sha1",
        f"-Wl,--version-script={exports}",
        # Android runs on pages of 16 KB, and so do some kernels for arm64.
        "-Wl,-z,max-page-size=16384",
        "-Wl,-z,noexecstack",
        # Nothing of it is code that a sanitizer watches, and Rust brings what compilers call.
        "-fno-sanitize=undefined",
        "-rtlib=none",
        "-lpthread",
        "-ldl",
        "-lm",
    ]
    if soname is not None:
        options.append(f"-Wl,-soname,{soname}")
    zig(["cc", "-target", target.zig, "-o", out, *options])


def _unwinder(work: Path, target: Target) -> Path:
    """A library to link with, which is named as libgcc_s is, and has nothing but names."""
    assert target.zig is not None, target.triple
    source, script, library = work / "unwinder.c", work / "unwinder.map", work / "libgcc_s.so.1"
    versions = {tag: list(names) for tag, names in UNWINDER.items()}
    versions.setdefault(FRAME_VERSIONS[target.triple.partition("-")[0]], []).extend(FRAMES)
    names = [name for group in versions.values() for name in group]
    source.write_text("".join(f"void {name}(void) {{}}\n" for name in names))
    script.write_text("".join(f"{tag} {{ {' '.join(f'{n};' for n in group)} }};\n" for tag, group in versions.items()))
    options = ["-shared", "-nostdlib", f"-Wl,--version-script={script}", "-Wl,-soname,libgcc_s.so.1"]
    zig(["cc", "-target", target.zig, "-o", library, "-fno-builtin", source, *options])
    return library


def _bundled_unwinder(target: Target) -> Path:
    """LLVM's, from Rust's standard library for the target."""
    folder = Path(run(["rustc", "--print", "target-libdir", "--target", target.triple]).strip())
    return folder / "self-contained" / "libunwind.a"


def without_lines(library: Path) -> None:
    """Removes what assembled sources say of their files and lines: it has the folders of the compiler."""
    _objcopy([["--strip-debug", library]])


def split(library: Path, symbols: Path) -> None:
    """Moves what only debuggers and profilers read out of a library into a file of its own, but for `DEBUGGERS`."""
    _objcopy(
        [
            ["--only-keep-debug", library, symbols],
            ["--strip-all", *(f"--keep-symbol={name}" for name in DEBUGGERS), library],
            [f"--add-gnu-debuglink={symbols}", library],
        ]
    )


def _objcopy(commands: Sequence[Sequence[str | Path]]) -> None:
    # LLVM's, which comes with Rust and knows every processor.
    root = Path(run(["rustc", "--print", "sysroot"]).strip())
    host = next(line.split()[1] for line in run(["rustc", "-vV"]).splitlines() if line.startswith("host:"))
    objcopy = root / "lib" / "rustlib" / host / "bin" / "rust-objcopy"
    for command in commands:
        run([objcopy, *command], env={"LD_LIBRARY_PATH": str(root / "lib")})
