"""What Maven Central asks for: a folder for each artifact with its POM, jars, checksums and signatures, in one bundle.

`trimaran` has the classes. Its POM asks at run time for `trimaran-native-PLATFORM` of every platform, so that one line
is enough; who ships for one platform excludes the others. ADR 40 says why.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from . import aar, archives
from .native import folder
from .places import BILL, NOTICES, PACKAGES, ROOT, Failure, emptied, run, version
from .targets import ANDROID, TARGETS, Target

GROUP = "dev.trimaran"
MAIN = "trimaran"
OUT = PACKAGES / "maven"
PLACE = OUT / "repository" / "dev" / "trimaran"
BUILT = ROOT / "kotlin" / "target"
LICENSE = "META-INF/LICENSE"
# A library in the folder of its platform.
LIBRARY = re.compile(r"(linux|darwin|win32)-[a-z0-9-]+/")
CHECKSUMS = ("md5", "sha1", "sha256", "sha512")


def artifact(target: Target) -> str:
    """The artifact that has the library of a target."""
    return f"trimaran-native-{target.jvm}"


def assemble(targets: Sequence[Target]) -> Path:
    """The bundle for Central, beside the repository that it was made of and the jar for `java -jar`."""
    emptied(OUT)
    _main(targets)
    for target in targets:
        _native(target)
    _all(targets)
    key = os.environ.get("TRIMARAN_SIGNING_KEY")
    for file in _files():
        if key:
            run(["gpg", "--batch", "--yes", "--armor", "--local-user", key, "--detach-sign", file])
    for file in _files():
        for name in CHECKSUMS:
            Path(f"{file}.{name}").write_text(hashlib.new(name, file.read_bytes()).hexdigest())
    bundle = OUT / f"trimaran-{version()}-central.zip"
    repository = OUT / "repository"
    archives.write(bundle, archives.files(repository, repository.rglob("*")))
    return bundle


def _files() -> list[Path]:
    return sorted(file for file in PLACE.rglob("*") if file.is_file())


def _main(targets: Sequence[Target]) -> None:
    pom = _pom(targets)
    classes = {name: body for name, body in _jar("").items() if not LIBRARY.match(name)}
    classes |= {f"META-INF/maven/{GROUP}/{MAIN}/pom.xml": pom, LICENSE: (ROOT / "LICENSE").read_bytes()}
    generated = ROOT / "target" / "generated" / "kotlin"
    written = ROOT / "kotlin" / "src" / "main" / "kotlin"
    folders = (written, generated)
    sources = {name: body for one in folders for name, body in archives.files(one, one.rglob("*.kt")).items()}
    _write(MAIN, pom, {"": classes, "-sources": sources, "-javadoc": _javadoc()})
    if android := [target for target in TARGETS.values() if target.triple in ANDROID and folder(target).exists()]:
        place = _write(aar.NAME, aar.pom(pom.decode()), {"-sources": sources, "-javadoc": _javadoc()})
        archives.write(place / f"{aar.NAME}-{version()}.aar", aar.entries(classes, android))


def _native(target: Target) -> None:
    name = artifact(target)
    native = folder(target)
    library = native / "jvm" / target.library
    if not library.exists():
        raise Failure(f"{library.relative_to(ROOT)} is missing: run `tools/release native {target.triple}`")
    notes = {LICENSE: (ROOT / "LICENSE").read_bytes(), f"META-INF/{NOTICES}": (native / NOTICES).read_bytes()}
    jar = notes | {
        f"{target.jvm}/{target.library}": library.read_bytes(),
        f"META-INF/sbom/{BILL}": (native / BILL).read_bytes(),
    }
    said = f"The native library of Trimaran for {target.jvm}. Its sources are in the repository.\n".encode()
    # The name that would be made of the file's holds a word of Java's, and could be none of a module.
    module = f"dev.trimaran.natives.{str(target.jvm).replace('-', '_')}"
    manifest = (
        f"Manifest-Version: 1.0\r\nAutomatic-Module-Name: {module}\r\nImplementation-Version: {version()}\r\n\r\n"
    )
    jar[archives.FIRST] = manifest.encode()
    # Central asks for both of every jar, and takes a word in place of what there cannot be.
    none = notes | {"README.txt": said}
    _write(name, _native_pom(target), {"": jar, "-sources": none, "-javadoc": none})


def _all(targets: Sequence[Target]) -> None:
    """The jar for `java -jar`, with everything that it needs. It is for people and not for Central."""
    entries = {name: body for name, body in _jar("-all").items() if not LIBRARY.match(name)}
    entries[LICENSE] = (ROOT / "LICENSE").read_bytes()
    for target in targets:
        native = folder(target)
        entries[f"{target.jvm}/{target.library}"] = (native / "jvm" / target.library).read_bytes()
        entries[f"META-INF/{target.jvm}/{NOTICES}"] = (native / NOTICES).read_bytes()
    archives.write(OUT / f"trimaran-{version()}-all.jar", entries)


def _jar(classifier: str) -> dict[str, bytes]:
    file = BUILT / f"trimaran-{version()}{classifier}.jar"
    if not file.exists():
        raise Failure(f"{file.relative_to(ROOT)} is missing: run `make kotlin` first")
    return archives.read(file)


def _javadoc() -> dict[str, bytes]:
    """The reference, where a build has made it, or a word that says where it is."""
    if (BUILT / f"trimaran-{version()}-javadoc.jar").exists():
        return _jar("-javadoc")
    written = ROOT / "target" / "docs" / "kotlin"
    if written.exists():
        return archives.files(written, written.rglob("*"))
    return {"README.txt": b"The reference of this version is on the site of the project.\n"}


def _write(name: str, pom: bytes, jars: dict[str, dict[str, bytes]]) -> Path:
    """Writes an artifact. Its folder."""
    place = PLACE / name / version()
    place.mkdir(parents=True)
    (place / f"{name}-{version()}.pom").write_bytes(pom)
    for classifier, entries in jars.items():
        archives.write(place / f"{name}-{version()}{classifier}.jar", entries)
    return place


def _pom(targets: Sequence[Target]) -> bytes:
    """The POM that Maven has flattened, which also asks for the native libraries."""
    flattened = archives.read(BUILT / f"trimaran-{version()}.jar")[f"META-INF/maven/{GROUP}/{MAIN}/pom.xml"].decode()
    natives = "".join(_dependency(artifact(target)) for target in targets)
    head, end, tail = flattened.partition("  </dependencies>")
    if not end or "<artifactId>trimaran-native" in head:
        raise Failure("the flattened POM of kotlin/pom.xml has another form than this expects: see maven.py")
    return f"{head}{natives}{end}{tail}".encode()


def _dependency(name: str) -> str:
    rows = [f"<groupId>{GROUP}</groupId>", f"<artifactId>{name}</artifactId>", f"<version>{version()}</version>"]
    inner = "".join(f"      {row}\n" for row in [*rows, "<scope>runtime</scope>"])
    return f"    <dependency>\n{inner}    </dependency>\n"


def _native_pom(target: Target) -> bytes:
    """As the POM of the classes, under another name, and without what those need."""
    main = _pom([]).decode()
    text = re.sub(r"  <dependencies>.*</dependencies>\n", "", main, flags=re.DOTALL)
    text = text.replace(f"<artifactId>{MAIN}</artifactId>", f"<artifactId>{artifact(target)}</artifactId>", 1)
    text = text.replace("<name>Trimaran</name>", f"<name>Trimaran's native library for {target.jvm}</name>", 1)
    described = f"<description>The native library of Trimaran for {target.jvm}.</description>"
    return re.sub(r"<description>.*?</description>", described, text, count=1).encode()
