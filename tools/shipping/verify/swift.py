"""Checks the package for SwiftPM."""

from __future__ import annotations

import hashlib
import json
import plistlib
import re
import zipfile
from collections.abc import Iterator

from .. import native, xcframework
from ..assemble import present
from ..places import NOTICES, Skipped, version
from ..swift import BUNDLE, OUT, PACKAGE, PRIVACY


def manifests() -> Iterator[str]:
    """Swift: the manifest has the bundle's checksum and version, and the generated sources are there"""
    text = (PACKAGE / "Package.swift").read_text()
    for archive in OUT.glob("*.zip"):
        checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
        if f'/{version()}/{archive.name}",\n    checksum: "{checksum}"' not in text:
            yield f"Package.swift has another checksum or version than {archive.name}"
    for manifest in PACKAGE.glob("Package*.swift"):
        if "unsafeFlags" in manifest.read_text() or re.search("@[A-Z]+@", manifest.read_text()):
            yield f"{manifest.name} has unsafe flags or a place that was not filled in"
    for name in (
        "Sources/Trimaran/Generated",
        "Sources/CTrimaran/trimaran.h",
        "LICENSE",
        "README.md",
        f"Sources/Trimaran/{PRIVACY}",
    ):
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


def framework() -> Iterator[str]:
    """Swift: the xcframework has a library, headers and notices for each of Apple's platforms that was built"""
    apple = [target for target in present() if target.system in ("darwin", "ios")]
    if not apple:
        raise Skipped("there are no native files for Apple's platforms")
    with zipfile.ZipFile(OUT / f"{xcframework.NAME}.zip") as archive:
        there = set(archive.namelist())
        listed = plistlib.loads(archive.read(f"{xcframework.NAME}/Info.plist"))["AvailableLibraries"]
    for row in listed:
        folder = f"{xcframework.NAME}/{row['LibraryIdentifier']}"
        headers = f"{row['HeadersPath']}/CTrimaran"
        for name in (row["LibraryPath"], f"{headers}/module.modulemap", f"{headers}/trimaran.h"):
            if f"{folder}/{name}" not in there:
                yield f"{folder}/{name} is missing"
    for target in apple:
        if not any(f"/{target.triple}/{NOTICES}" in name for name in there):
            yield f"the library of {target.triple} or its notices are missing"


# Functions for which Apple asks for a reason, by what it calls them.
ASKED = {
    "NSPrivacyAccessedAPICategoryFileTimestamp": "stat fstat lstat fstatat getattrlist getattrlistat fgetattrlist",
    "NSPrivacyAccessedAPICategorySystemBootTime": "mach_absolute_time",
    "NSPrivacyAccessedAPICategoryDiskSpace": "statfs statvfs fstatfs fstatvfs",
    "NSPrivacyAccessedAPICategoryUserDefaults": "OBJC_CLASS_$_NSUserDefaults",
    "NSPrivacyAccessedAPICategoryActiveKeyboards": "OBJC_CLASS_$_UITextInputMode",
}


def privacy() -> Iterator[str]:
    """Swift: the privacy manifest gives a reason for whatever function of the library Apple asks one for"""
    manifest = plistlib.loads((PACKAGE / "Sources" / "Trimaran" / PRIVACY).read_bytes())
    given = {
        row["NSPrivacyAccessedAPIType"]: row["NSPrivacyAccessedAPITypeReasons"]
        for row in manifest["NSPrivacyAccessedAPITypes"]
    }
    libraries = [
        native.folder(target) / "swift" / xcframework.LIBRARY for target in present() if target.system == "ios"
    ]
    if not libraries:
        raise Skipped("there are no native files for iOS")
    for library in libraries:
        body = library.read_bytes()
        for category, names in ASKED.items():
            # Names of symbols have an underscore before them, and a zero behind them.
            found = [name for name in names.split() if f"\0_{name}\0".encode() in body]
            if found and not given.get(category):
                yield f"{PRIVACY} gives no reason for {', '.join(found)}: {category}"


CHECKS = [manifests, bundle, framework, privacy]
