"""Checks the artifacts for Maven: what Central asks of them, and that they work together."""

from __future__ import annotations

import hashlib
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ..assemble import present
from ..maven import CHECKSUMS, MAIN, OUT, PLACE, artifact
from ..native import facts, folder
from ..places import ROOT, Skipped, version
from ..targets import this_machine

SPACE = {"m": "http://maven.apache.org/POM/4.0.0"}
ASKED = [
    "name",
    "description",
    "url",
    "licenses/license/name",
    "licenses/license/url",
    "developers/developer/name",
    "scm/url",
    "scm/connection",
    "scm/developerConnection",
]


def _folders() -> list[Path]:
    return sorted(path for path in PLACE.glob("*/*") if path.is_dir())


def _pom(place: Path) -> ElementTree.Element:
    return ElementTree.parse(next(place.glob("*.pom"))).getroot()


def _find(pom: ElementTree.Element, path: str) -> list[ElementTree.Element]:
    return pom.findall("/".join(f"m:{part}" for part in path.split("/")), SPACE)


def poms() -> Iterator[str]:
    """Maven: POMs have what Central asks for, no property, and no snapshot"""
    for place in _folders():
        pom = _pom(place)
        yield from (f"{place.parent.name}: its POM has no {path}" for path in ASKED if not _find(pom, path))
        text = next(place.glob("*.pom")).read_text()
        yield from (
            f"{place.parent.name}: its POM has {mark}" for mark in ("${", "SNAPSHOT", "<repositories>") if mark in text
        )


def files() -> Iterator[str]:
    """Maven: each artifact has classes, sources and javadoc, with checksums that are right"""
    for place in _folders():
        base = f"{place.parent.name}-{version()}"
        kind = ".aar" if place.parent.name.endswith("-android") else ".jar"
        for end in (".pom", kind, "-sources.jar", "-javadoc.jar"):
            file = place / f"{base}{end}"
            if not file.exists():
                yield f"{file.name} is missing"
                continue
            for name in CHECKSUMS:
                sum_file = Path(f"{file}.{name}")
                if not sum_file.exists() or sum_file.read_text() != hashlib.new(name, file.read_bytes()).hexdigest():
                    yield f"{sum_file.name} is missing or wrong"
    generated = f"{MAIN}-{version()}-sources.jar"
    with zipfile.ZipFile(PLACE / MAIN / version() / generated) as archive:
        if "dev/trimaran/internal/ffi/Native.kt" not in archive.namelist():
            yield f"{generated} lacks the generated sources"


def natives() -> Iterator[str]:
    """Maven: the classes come without a library, ask for every platform's, and fit its build"""
    targets = [target for target in present() if target.jvm]
    main = PLACE / MAIN / version()
    asked = {str(found.text) for found in _find(_pom(main), "dependencies/dependency/artifactId")}
    if lacking := {artifact(target) for target in targets} - asked:
        yield f"the POM of {MAIN} does not ask for {', '.join(sorted(lacking))}"
    with zipfile.ZipFile(main / f"{MAIN}-{version()}.jar") as archive:
        if inside := [name for name in archive.namelist() if name.endswith((".so", ".dylib", ".dll"))]:
            yield f"the jar of {MAIN} has {', '.join(inside)}: a library is an artifact of its own"
        # The JVM writes a constant of a class as it is.
        builds = b"".join(
            archive.read(name) for name in archive.namelist() if name.startswith("dev/trimaran/internal/")
        )
    for target in targets:
        if facts(target).build.encode() not in builds:
            yield f"the classes are of another build than {target.triple}: run `make kotlin`, then build the natives"
        name = f"{artifact(target)}-{version()}"
        with zipfile.ZipFile(PLACE / artifact(target) / version() / f"{name}.jar") as archive:
            found = archive.read(f"{target.jvm}/{target.library}")
            if found != (folder(target) / "jvm" / target.library).read_bytes():
                yield f"{name}.jar has another library than the native files of {target.triple}"


def works() -> Iterator[str]:
    """Maven: `java -jar` compiles a guest with this machine's library"""
    jar = OUT / f"trimaran-{version()}-all.jar"
    if this_machine() not in present():
        raise Skipped("there are no native files of this machine's kind")
    guest = ROOT / "tests" / "modules" / "json_formatter.wat"
    done = subprocess.run(["java", "-jar", jar, "inspect", guest], capture_output=True, text=True)
    if done.returncode or "memory" not in done.stdout:
        yield f"java -jar {jar.name} inspect {guest.name}: {done.stdout}{done.stderr}"


CHECKS = [poms, files, natives, works]
