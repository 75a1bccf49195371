"""The native library for Apple's platforms, an xcframework: a static library with its headers for each of them.

It is a folder with a list, and needs no Xcode. A platform has one library for all of its processors.
"""

from __future__ import annotations

import plistlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .native import folder
from .places import BILL, NOTICES, ROOT, Failure
from .targets import Target

NAME = "CTrimaran.xcframework"
LIBRARY = "libtrimaran_ffi.a"


@dataclass(frozen=True)
class Platform:
    name: str
    variant: str | None
    triples: tuple[str, ...]


PLATFORMS = (
    Platform("macos", None, ("aarch64-apple-darwin", "x86_64-apple-darwin")),
    Platform("ios", None, ("aarch64-apple-ios",)),
    Platform("ios", "simulator", ("aarch64-apple-ios-sim", "x86_64-apple-ios")),
)
# What Apple calls a processor, and its number in a file with code for several.
PROCESSORS = {"aarch64": ("arm64", 0x0100000C, 0), "x86_64": ("x86_64", 0x01000007, 3)}
FAT_MAGIC = 0xCAFEBABE
# 2 to the 14th: a page of arm64.
ALIGNMENT = 14


def entries(targets: Sequence[Target], headers: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the xcframework, or none if no target is Apple's."""
    files: dict[str, bytes] = {}
    listed: list[dict[str, object]] = []
    for platform in PLATFORMS:
        there = [target for target in targets if target.triple in platform.triples]
        if not there:
            continue
        processors = sorted(_processor(target)[0] for target in there)
        end = f"-{platform.variant}" if platform.variant else ""
        identifier = f"{platform.name}-{'_'.join(processors)}{end}"
        files[f"{identifier}/{LIBRARY}"] = universal({_processor(one): _library(one) for one in there})
        files |= {f"{identifier}/Headers/CTrimaran/{name}": body for name, body in headers.items()}
        row: dict[str, object] = {
            "LibraryIdentifier": identifier,
            "LibraryPath": LIBRARY,
            "BinaryPath": LIBRARY,
            "HeadersPath": "Headers",
            "SupportedArchitectures": processors,
            "SupportedPlatform": platform.name,
        }
        listed.append(row | ({"SupportedPlatformVariant": platform.variant} if platform.variant else {}))
        for one in there:
            for name in (NOTICES, BILL):
                files[f"{identifier}/{one.triple}/{name}"] = (folder(one) / name).read_bytes()
    if not files:
        return {}
    described = {"AvailableLibraries": listed, "CFBundlePackageType": "XFWK", "XCFrameworkFormatVersion": "1.0"}
    return files | {"Info.plist": plistlib.dumps(described), "LICENSE": (ROOT / "LICENSE").read_bytes()}


def universal(libraries: Mapping[tuple[str, int, int], bytes]) -> bytes:
    """One file of those for each processor, as `lipo` makes it; a single one as it is."""
    if len(libraries) == 1:
        return next(iter(libraries.values()))
    head = struct.pack(">II", FAT_MAGIC, len(libraries))
    at = _aligned(len(head) + 20 * len(libraries))
    body = b""
    for (_, kind, subkind), library in sorted(libraries.items()):
        start = at + len(body)
        head += struct.pack(">IIIII", kind, subkind, start, len(library), ALIGNMENT)
        body += library + bytes(_aligned(start + len(library)) - start - len(library))
    return head.ljust(at, b"\0") + body


def _aligned(size: int) -> int:
    return -(-size // (1 << ALIGNMENT)) << ALIGNMENT


def _processor(target: Target) -> tuple[str, int, int]:
    return PROCESSORS[target.triple.partition("-")[0]]


def _library(target: Target) -> bytes:
    file = folder(target) / "swift" / LIBRARY
    if not file.exists():
        raise Failure(f"{file.relative_to(ROOT)} is missing: run `tools/release native {target.triple}`")
    return file.read_bytes()
