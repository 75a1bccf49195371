"""The platforms that packages are made for, by Rust's names, and what each registry calls them."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from .places import Failure


@dataclass(frozen=True)
class Target:
    triple: str
    # The folder in the jar, by which `NativeImage` finds the library, and the end of the artifact's name.
    jvm: str | None = None
    # The platform tag of the wheel.
    wheel: str | None = None
    # What zig links it as. Without one, the platform's own linker has linked the files.
    zig: str | None = None
    # The oldest glibc that loads it.
    glibc: tuple[int, int] | None = None
    # What SwiftPM calls it in an artifact bundle.
    swift: tuple[str, ...] = ()

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl, as on Alpine."""
        return self.triple.endswith("-musl")

    @property
    def is_simulator(self) -> bool:
        """Whether it is a simulator of iOS, and no device."""
        return self.triple in ("aarch64-apple-ios-sim", "x86_64-apple-ios")

    @property
    def zigbuild(self) -> str:
        """What cargo-zigbuild calls it: with the oldest glibc, whose headers it takes."""
        return self.triple if self.glibc is None else f"{self.triple}.{'.'.join(map(str, self.glibc))}"

    @property
    def system(self) -> str:
        """`linux`, `darwin`, `windows`, `ios` or `android`."""
        if "android" in self.triple:
            return "android"
        return self.triple.split("-")[2]

    @property
    def library(self) -> str:
        """The file name of the shared library."""
        match self.system:
            case "windows":
                return "trimaran_ffi.dll"
            case "darwin" | "ios":
                return "libtrimaran_ffi.dylib"
            case _:
                return "libtrimaran_ffi.so"

    @property
    def extension(self) -> str:
        """The file name of Python's extension module."""
        return "_native.pyd" if self.system == "windows" else "_native.abi3.so"


def _linux(processor: str) -> list[Target]:
    jvm = processor.replace("_", "-")
    return [
        Target(
            f"{processor}-unknown-linux-gnu",
            jvm=f"linux-{jvm}",
            wheel=f"manylinux_2_17_{processor}.manylinux2014_{processor}",
            zig=f"{processor}-linux-gnu.2.17",
            glibc=(2, 17),
            swift=(f"{processor}-unknown-linux-gnu", f"{processor}-pc-linux-gnu"),
        ),
        Target(
            f"{processor}-unknown-linux-musl",
            jvm=f"linux-musl-{jvm}",
            wheel=f"musllinux_1_2_{processor}",
            zig=f"{processor}-linux-musl",
        ),
    ]


_ALL = [
    *_linux("x86_64"),
    *_linux("aarch64"),
    Target("aarch64-apple-darwin", jvm="darwin-aarch64", wheel="macosx_11_0_arm64"),
    Target("x86_64-apple-darwin", jvm="darwin-x86-64", wheel="macosx_11_0_x86_64"),
    Target("x86_64-pc-windows-msvc", jvm="win32-x86-64", wheel="win_amd64"),
    Target("aarch64-pc-windows-msvc", jvm="win32-aarch64", wheel="win_arm64"),
    # What Windows' own linker is not needed for: no package is made of it.
    Target("x86_64-pc-windows-gnullvm"),
    Target("aarch64-apple-ios"),
    Target("aarch64-apple-ios-sim"),
    Target("x86_64-apple-ios"),
    Target("aarch64-linux-android"),
    Target("x86_64-linux-android"),
]
TARGETS = {target.triple: target for target in _ALL}
# The folders of an AAR.
ANDROID = {"aarch64-linux-android": "arm64-v8a", "x86_64-linux-android": "x86_64"}


def named(triple: str) -> Target:
    """The target of that name."""
    if triple not in TARGETS:
        raise Failure(f"there is no target {triple}: there are {', '.join(sorted(TARGETS))}")
    return TARGETS[triple]


def this_machine() -> Target:
    """The target that this machine is."""
    system, processor = platform.system(), platform.machine()
    processor = {"amd64": "x86_64", "arm64": "aarch64"}.get(processor.lower(), processor)
    end = {"Linux": "unknown-linux-gnu", "Darwin": "apple-darwin", "Windows": "pc-windows-msvc"}.get(system)
    triple = f"{processor}-{end}"
    if triple not in TARGETS:
        raise Failure(f"no package is made for this machine, {system} on {processor}: name a target")
    return TARGETS[triple]
