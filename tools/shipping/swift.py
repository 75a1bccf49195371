"""The package that SwiftPM fetches: `trimaran-swift`, where generated sources are committed, and its native libraries.

On Linux, Swift 6.2 and later take the library out of an artifact bundle, by its checksum. Swift 6.0 and 6.1 find it by
pkg-config: for them each target has a tarball of the library, its headers and its `.pc` file. Apple's platforms have an
xcframework, and the privacy manifest that Apple asks of packages.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import archives, xcframework
from .native import folder
from .places import BILL, EPOCH, NOTICES, PACKAGES, ROOT, Failure, emptied, version
from .targets import Target

OUT = PACKAGES / "swift"
PACKAGE = OUT / "trimaran-swift"
SOURCES = ROOT / "swift" / "Sources"
TEMPLATES = Path(__file__).parent / "swift"
PRIVACY = "PrivacyInfo.xcprivacy"
BUNDLE = "CTrimaran.artifactbundle"
LIBRARY = "libtrimaran_ffi.a"
RELEASES = "https://github.com/trimaran/trimaran-swift/releases/download"


def assemble(targets: Sequence[Target]) -> Path:
    """The folder of the package. The bundle and the tarballs, which a release has as its files, lie beside it."""
    emptied(OUT)
    headers = _sources()
    linux = [target for target in targets if target.swift]
    bundle = OUT / f"{BUNDLE}.zip"
    files = {f"{BUNDLE}/{name}": body for name, body in _bundle(linux, headers).items()}
    framework = OUT / f"{xcframework.NAME}.zip"
    apple = {f"{xcframework.NAME}/{name}": body for name, body in xcframework.entries(targets, headers).items()}
    with ThreadPoolExecutor() as workers:
        # Packing is most of the work, and the threads share no state.
        made = [workers.submit(archives.write, bundle, files)]
        if apple:
            made.append(workers.submit(archives.write, framework, apple))
        made += [workers.submit(_tarball, target, headers) for target in linux]
    for one in made:
        one.result()
    values = {
        "RELEASE": f"{RELEASES}/{version()}",
        "BUNDLE": _checksum(bundle),
        "XCFRAMEWORK": _checksum(framework) if apple else ABSENT,
    }
    for template in TEMPLATES.glob("*.swift"):
        text = template.read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (PACKAGE / template.name).write_text(text)
    shutil.copy(TEMPLATES / PRIVACY, PACKAGE / "Sources" / "Trimaran")
    return PACKAGE


# In place of a checksum, which SwiftPM shows.
ABSENT = "this package was assembled without native files for Apple's platforms"


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _sources() -> dict[str, bytes]:
    """Copies the sources, the generated ones as well, and gives the headers with their module map."""
    generated = sorted((SOURCES / "Trimaran" / "Generated").glob("*.swift"))
    headers = archives.files(SOURCES / "CTrimaran", [SOURCES / "CTrimaran" / name for name in HEADERS])
    if not generated or len(headers) != len(HEADERS):
        raise Failure("the generated sources of Swift are missing: run `make native` first")
    shutil.copytree(SOURCES, PACKAGE / "Sources", ignore=shutil.ignore_patterns(".build"))
    shutil.copytree(ROOT / "swift" / "Plugins", PACKAGE / "Plugins")
    for header in (PACKAGE / "Sources" / "CTrimaran").glob("*.h"):
        if header.name not in headers:
            # Of an older build.
            header.unlink()
    shutil.copy(ROOT / "LICENSE", PACKAGE)
    shutil.copy(ROOT / "swift" / "README.md", PACKAGE)
    return headers


HEADERS = ("module.modulemap", "trimaran.h", "trimaran_by_hand.h")


def _bundle(targets: Sequence[Target], headers: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the artifact bundle."""
    files = {f"include/{name}": body for name, body in headers.items()} | {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    variants: list[object] = []
    for target in targets:
        files |= {f"{target.triple}/{name}": body for name, body in _native(target).items()}
        metadata = {"headerPaths": ["include"], "moduleMapPath": "include/module.modulemap"}
        path = f"{target.triple}/{LIBRARY}"
        variants.append({"path": path, "supportedTriples": target.swift, "staticLibraryMetadata": metadata})
    artifact = {"version": version(), "type": "staticLibrary", "variants": variants}
    info = {"schemaVersion": "1.0", "artifacts": {"CTrimaran": artifact}}
    return files | {"info.json": json.dumps(info, indent=2).encode()}


def _native(target: Target) -> dict[str, bytes]:
    native = folder(target)
    library = native / "swift" / LIBRARY
    if not library.exists():
        raise Failure(f"{library.relative_to(ROOT)} is missing: run `tools/release native {target.triple}`")
    return {LIBRARY: library.read_bytes(), NOTICES: (native / NOTICES).read_bytes(), BILL: (native / BILL).read_bytes()}


def _tarball(target: Target, headers: Mapping[str, bytes]) -> None:
    pc = f"""prefix=${{pcfiledir}}/../..
Name: trimaran
Description: The native library of Trimaran, a WebAssembly runtime
Version: {version()}
Libs: -L${{prefix}}/lib -ltrimaran_ffi -lgcc_s -lpthread -ldl -lm
Cflags: -I${{prefix}}/include
"""
    library = _native(target)
    entries = {f"include/{name}": body for name, body in headers.items()}
    entries |= {f"lib/{LIBRARY}": library.pop(LIBRARY), "lib/pkgconfig/trimaran.pc": pc.encode()}
    entries |= library | {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    name = f"trimaran-native-{version()}-{target.triple}"
    with tarfile.open(OUT / f"{name}.tar.xz", "w:xz", preset=1) as archive:
        for path in sorted(entries):
            info = tarfile.TarInfo(f"{name}/{path}")
            info.size, info.mtime, info.mode = len(entries[path]), EPOCH, 0o644
            archive.addfile(info, io.BytesIO(entries[path]))
