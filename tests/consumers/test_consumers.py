"""Programs on old and new Kotlin: each is built in an empty folder, with the installed jar as its one dependency."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from textwrap import indent
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CONSUMER = HERE / "consumer"
# What makes bindings when it is built, as docs/components.md says to.
BINDINGS = HERE / "bindings"
# The oldest one that the package is for, one between, and one that is newer than the compiler of the package.
VERSIONS = ["2.1.21", "2.2.21", "2.4.21"]
MAVEN = "{http://maven.apache.org/POM/4.0.0}"


def version() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def javas() -> list[str]:
    """The Java on the path, and the newest one beside it."""
    newer = {}
    for release in Path("/usr/lib/jvm").glob("*/release"):
        java = release.parent / "bin" / "java"
        found = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
        if found and int(found[1]) > 17 and java.exists():
            newer[int(found[1])] = str(java)
    return ["java", *(newer[number] for number in sorted(newer)[-1:])]


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    # Maven resets the colours of a terminal there.
    assert not done.stderr.replace("\x1b[0m", ""), done.stderr
    return done.stdout


def build(folder: Path, kotlin: str, program: Path = CONSUMER) -> list[str]:
    """Compiles the program, and gives the jars that it needs."""
    shutil.copytree(program, folder, dirs_exist_ok=True)
    given = [f"-Dtrimaran.version={version()}", f"-Dkotlin.version={kotlin}"]
    run("mvn", "-B", "-ntp", "-q", *given, "compile", folder=folder)
    return (folder / "classpath").read_text().split(os.pathsep)


@pytest.fixture(scope="module", params=VERSIONS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp(f"kotlin-{request.param}")
    return folder, build(folder, request.param)


def test_on_the_class_path(built: tuple[Path, list[str]]) -> None:
    folder, jars = built
    path = os.pathsep.join(["target/classes", *jars])
    for java in javas():
        native = "--enable-native-access=ALL-UNNAMED"
        printed = run(java, native, "-cp", path, "consumer.ConsumerKt", folder=folder)
        assert printed == "42\na boat\nUNREACHABLE_CODE_REACHED\n"


def test_on_the_module_path(built: tuple[Path, list[str]]) -> None:
    folder, jars = built
    needed = os.pathsep.join(jars)
    sources = ["java/module-info.java", "java/JavaConsumer.java"]
    run(
        "javac",
        "--release",
        "17",
        "-Xlint:all",
        "-Werror",
        "-d",
        "target/classes",
        "-p",
        needed,
        *sources,
        folder=folder,
    )
    path = os.pathsep.join(["target/classes", *jars])
    for java in javas():
        modular = [java, "--enable-native-access=dev.trimaran", "-p", path, "-m"]
        assert run(*modular, "consumer/consumer.JavaConsumer", folder=folder) == "42\n"
        # The classes that the compiler made of `wrap` lie in this module, and extend one of the package's.
        assert run(*modular, "consumer/consumer.ConsumerKt", folder=folder).startswith("42\na boat\n")


def test_the_module_exports_what_is_public(built: tuple[Path, list[str]]) -> None:
    _, jars = built
    described = run("jar", "--describe-module", "--file", jars[0], folder=ROOT).splitlines()[1:]
    assert [line for line in described if line.startswith(("exports", "opens", "qualified"))] == [
        "exports dev.trimaran",
        "exports dev.trimaran.component",
        "exports dev.trimaran.component.bindings",
    ]
    assert f"dev.trimaran@{version()}" in run("jar", "--describe-module", "--file", jars[0], folder=ROOT)
    assert "requires kotlin.stdlib transitive" in described


def test_the_pom(built: tuple[Path, list[str]]) -> None:
    """What a repository of the world asks for, and no version that somebody else's build has to fill in."""
    _, jars = built
    pom = Path(jars[0]).with_suffix(".pom").read_text()
    assert "${" not in pom
    project = ElementTree.fromstring(pom)
    for part in (
        "name",
        "description",
        "url",
        "licenses/license/name",
        "licenses/license/url",
        "developers/developer/name",
    ):
        found = project.find("/".join(MAVEN + step for step in part.split("/")))
        assert found is not None and found.text, part
    for part in ("connection", "developerConnection", "url"):
        found = project.find(f"{MAVEN}scm/{MAVEN}{part}")
        assert found is not None and found.text, part
    needed = {
        (dependency.findtext(f"{MAVEN}artifactId"), dependency.findtext(f"{MAVEN}scope") or "compile")
        for dependency in project.iter(f"{MAVEN}dependency")
    }
    # A program brings coroutines where it uses them.
    assert needed == {("kotlin-stdlib", "compile"), ("kotlinx-coroutines-core-jvm", "provided")}


def test_the_sources(built: tuple[Path, list[str]]) -> None:
    _, jars = built
    jar = Path(jars[0])
    with ZipFile(jar.with_name(jar.name.replace(".jar", "-sources.jar"))) as sources:
        names = set(sources.namelist())
    assert {"module-info.java", "dev/trimaran/Engine.kt", "dev/trimaran/internal/ffi/Native.kt"} <= names


REFERENCE = ROOT / "kotlin" / "target" / f"trimaran-{version()}-javadoc.jar"


@pytest.mark.skipif(not REFERENCE.exists(), reason="make package makes the jar of the API reference, in a minute")
def test_the_reference() -> None:
    with ZipFile(REFERENCE) as reference:
        names = reference.namelist()
    assert "index.html" in names
    assert any(name.endswith("dev.trimaran/-engine/index.html") for name in names)
    assert not [name for name in names if "internal" in name]


def test_bindings_are_made_when_a_program_is_built(tmp_path: Path) -> None:
    for name, source in {"kotlin": "kotlin/plugin_host.kt", "wit": "wit/drawing.wit"}.items():
        (tmp_path / "src" / "main" / name).mkdir(parents=True)
        shutil.copy(ROOT / "examples" / source, tmp_path / "src" / "main" / name)
    jars = build(tmp_path, "2.4.20", BINDINGS)
    path = os.pathsep.join(["target/classes", *jars])
    native, component = "--enable-native-access=ALL-UNNAMED", str(ROOT / "tests" / "modules" / "component_drawing.wat")
    assert run("java", native, "-cp", path, "Plugin_hostKt", component, folder=tmp_path) == "300\n"


def test_the_page_shows_what_that_build_has() -> None:
    page = (ROOT / "docs" / "components.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```xml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert indent(shown, " " * 6) in (BINDINGS / "pom.xml").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```groovy\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert f"\n\n{shown}\n" in (HERE / "gradle" / "build.gradle").read_text(encoding="utf-8")
