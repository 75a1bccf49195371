"""zig as the compiler of C for another system than this machine's."""

from __future__ import annotations

import importlib.util
import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from .places import OUT, Failure
from .targets import Target

# What zig calls the system, for its headers and its code. It has no headers of Android: those of musl declare what the
# C sources of our crates use.
SYSTEMS = {
    "darwin": "macos.11.0",
    "ios": "ios.16.0",
    "windows": "windows-gnu",
    "android": "linux-musl",
}
# What cc-rs says to Apple's and Microsoft's tools, and zig is told in its own words.
WITH_VALUE = "-target|-arch|-isysroot"
ALONE = "--target=*|-mmacosx-version-min=*|-mios-version-min=*|-miphoneos-version-min=*|-mios-simulator-version-min=*"


# What each system has compilers for. Android's NDK is everywhere.
OWN = {"darwin": ("darwin", "ios", "android"), "windows": ("windows", "android")}


def is_needed(target: Target) -> bool:
    """Whether this machine has no compiler of C for the target but zig."""
    return target.system not in OWN.get(platform.system().lower(), ("android",))


def zig(target: Target) -> dict[str, str]:
    """The environment in which cc-rs takes zig for a target of another system."""
    folder = OUT / "cross"
    folder.mkdir(parents=True, exist_ok=True)
    # Nothing looks for Xcode then.
    empty = folder / "sdk"
    empty.mkdir(exist_ok=True)
    processor = target.triple.partition("-")[0]
    system = SYSTEMS[target.system] + ("-simulator" if target.is_simulator else "")
    options = ["-target", f"{processor}-{system}", "-fno-sanitize=all"]
    if target.system == "ios":
        options += ["-isystem", str(_headers("any-darwin-any"))]
    if target.system == "android":
        options += ["-DANDROID", "-D__ANDROID__"]
    name = target.triple.replace("-", "_")
    return {
        f"CC_{name}": str(_script(folder / f"cc-{target.triple}", ["cc", *options])),
        f"AR_{name}": str(_script(folder / "ar", ["ar"])),
        "SDKROOT": str(empty),
    }


def _headers(system: str) -> Path:
    found = importlib.util.find_spec("ziglang")
    if found is None or found.origin is None:
        raise Failure("zig is missing: tools/release installs it")
    return Path(found.origin).parent / "lib" / "libc" / "include" / system


def _script(file: Path, command: Sequence[str]) -> Path:
    """A program that runs zig with its arguments, but for those that are not meant for it."""
    whole = shlex.join([sys.executable, "-m", "ziglang", *command])
    file.write_text(f"""#!/bin/bash
arguments=() skip=
for argument; do
    if [ "$skip" ]; then skip=; continue; fi
    case $argument in
        {ALONE}) ;;
        {WITH_VALUE}) skip=1 ;;
        *) arguments+=("$argument") ;;
    esac
done
exec {whole} "${{arguments[@]}}"
""")
    file.chmod(0o755)
    return file
