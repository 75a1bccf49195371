"""Checks the package for SwiftPM."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator

from ..assemble import present
from ..places import version
from ..swift import BUNDLE, OUT, PACKAGE


def manifests() -> Iterator[str]:
    """Swift: the manifest has the bundle's checksum and version, and the generated sources are there"""
    text = (PACKAGE / "Package.swift").read_text()
    checksum = hashlib.sha256((OUT / f"{BUNDLE}.zip").read_bytes()).hexdigest()
    if f'checksum: "{checksum}"' not in text or f"/{version()}/{BUNDLE}.zip" not in text:
        yield "Package.swift has another checksum or version than the bundle"
    for manifest in PACKAGE.glob("Package*.swift"):
        if "unsafeFlags" in manifest.read_text() or "@CHECKSUM@" in manifest.read_text():
            yield f"{manifest.name} has unsafe flags or a place that was not filled in"
    for name in ("Sources/Trimaran/Generated", "Sources/CTrimaran/trimaran.h", "LICENSE", "README.md"):
        if not (PACKAGE / name).exists():
            yield f"{name} is missing"


def bundle() -> Iterator[str]:
    """Swift: the artifact bundle has a library, headers and notices for each target that it lists"""
    with zipfile.ZipFile(OUT / f"{BUNDLE}.zip") as archive:
        there = set(archive.namelist())
        artifact = json.loads(archive.read(f"{BUNDLE}/info.json"))["artifacts"]["CTrimaran"]
    listed = {triple for variant in artifact["variants"] for triple in variant["supportedTriples"]}
    for target in present():
        if lacking := set(target.swift) - listed:
            yield f"info.json does not list {', '.join(sorted(lacking))}"
    for variant in artifact["variants"]:
        folder = variant["path"].split("/")[0]
        asked = [
            variant["path"],
            variant["staticLibraryMetadata"]["moduleMapPath"],
            f"{folder}/THIRD-PARTY-NOTICES.txt",
        ]
        for name in [*asked, "include/trimaran.h", "LICENSE"]:
            if f"{BUNDLE}/{name}" not in there:
                yield f"{name} is missing"


CHECKS = [manifests, bundle]
