"""Checks the classes for Android: what its oldest supported version has, and what the rules for R8 keep."""

from __future__ import annotations

import io
import os
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .. import aar, archives, elf
from ..assemble import present
from ..maven import MAIN, OUT, PLACE
from ..native import folder
from ..places import BILL, NOTICES, ROOT, Skipped, emptied, run, version
from ..places import OUT as WORK
from ..targets import ANDROID, Target, this_machine
from . import libraries

POM = Path(__file__).resolve().parents[1] / "android" / "pom.xml"
SPACE = {"m": "http://maven.apache.org/POM/4.0.0"}


def _maven(goal: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["mvn", "-B", "-ntp", "-q", "-f", str(POM), *options, goal]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def platform() -> Iterator[str]:
    """Android: the classes call nothing that Android 8.0 (API 26) lacks"""
    place = emptied(WORK / "android")
    with zipfile.ZipFile(PLACE / MAIN / version() / f"{MAIN}-{version()}.jar") as archive:
        archive.extractall(place / "classes", [name for name in archive.namelist() if name.startswith("dev/")])
    done = _maven("animal-sniffer:check", f"-Dtrimaran.classes={place}/classes", f"-Dtrimaran.target={place}/target")
    lines = [line for line in done.stdout.splitlines() if "Undefined reference" in line]
    yield from (line.partition("classes/")[2] for line in lines)
    if done.returncode and not lines:
        yield done.stdout + done.stderr


PROGRAM = """
import dev.trimaran.Engine;
import dev.trimaran.Instance;
import dev.trimaran.Module;
import dev.trimaran.Store;
import dev.trimaran.WasmtimeException;

public class Shrunk {
    public static void main(String[] arguments) {
        String text = "(module (func (export \\"div\\") (param i32 i32) (result i32)" +
            " (i32.div_s (local.get 0) (local.get 1))))";
        try (Engine engine = new Engine(); Store store = new Store(engine)) {
            var div = new Instance(store, new Module(engine, text)).func(store, "div");
            try {
                div.invoke(store, 84, 0);
            } catch (WasmtimeException trap) {
                System.out.println(div.invoke(store, 84, 2) + " " + trap.getMessage());
            }
        }
    }
}
"""


def shrunk() -> Iterator[str]:
    """Android: what R8 leaves of the classes, by the jar's own rules, calls a guest and catches its trap on the JVM"""
    if this_machine() not in present():
        raise Skipped("there are no native files of this machine's kind")
    place = emptied(WORK / "r8")
    # Kotlin's library is for R8 what the platform is: it has rules of its own, and takes R8 half a minute.
    whole = archives.read(OUT / f"trimaran-{version()}-all.jar")
    classes, kotlin = place / "classes.jar", place / "kotlin.jar"
    archives.write(classes, {name: body for name, body in whole.items() if name.startswith(("dev/", "META-INF/pro"))})
    archives.write(kotlin, {name: body for name, body in whole.items() if name.startswith("kotlin/")})
    (place / "Shrunk.java").write_text(PROGRAM)
    run(["javac", "-cp", f"{classes}{os.pathsep}{kotlin}", "-d", place / "program", place / "Shrunk.java"])
    rules = place / "rules.pro"
    rules.write_text("-keep class Shrunk { public static void main(java.lang.String[]); }\n-dontwarn **\n")
    # It ends before the JVM's second compiler has paid.
    java: list[str | Path] = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", _r8()]
    r8 = [*java, "com.android.tools.r8.R8", "--classfile", "--release", "--lib", _java_home(), "--classpath", kotlin]
    program: list[str | Path] = [classes, place / "program" / "Shrunk.class"]
    run([*r8, "--output", place / "shrunk.jar", "--pg-conf", rules, *program])
    native = this_machine()
    library = folder(native) / "jvm" / native.library
    with zipfile.ZipFile(place / "shrunk.jar") as archive:
        kept = len([name for name in archive.namelist() if name.endswith(".class")])
    path = f"{place / 'shrunk.jar'}{os.pathsep}{kotlin}"
    command = ["java", f"-Dtrimaran.library={library}", "-cp", path, "Shrunk"]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.startswith("42 ") or "divide" not in done.stdout:
        yield f"after R8, with {kept} classes: {done.stdout}{done.stderr}"


def _r8() -> Path:
    """Fetches R8, by the version that the POM has."""
    number = ElementTree.parse(POM).getroot().findtext("m:properties/m:r8.version", namespaces=SPACE)
    folder = WORK / "tools"
    file = folder / f"r8-{number}.jar"
    if not file.exists():
        done = _maven("dependency:copy", f"-Dartifact=com.android.tools:r8:{number}", f"-DoutputDirectory={folder}")
        if not file.exists():
            raise Skipped(f"R8 cannot be fetched: {(done.stdout + done.stderr).strip().splitlines()[:1]}")
    return file


def _java_home() -> str:
    """The Java whose classes R8 takes for given."""
    if "JAVA_HOME" in os.environ:
        return os.environ["JAVA_HOME"]
    told = run(["java", "-XshowSettings:properties", "-version"], stderr=True)
    return next(line.split("=")[1].strip() for line in told.splitlines() if "java.home" in line)


def package() -> Iterator[str]:
    """Android: the AAR has classes, rules, minSdk, and for each processor notices and a library of 16 KB pages"""
    targets = [target for target in present() if target.triple in ANDROID]
    if not targets:
        raise Skipped("there are no native files for Android")
    with zipfile.ZipFile(PLACE / aar.NAME / version() / f"{aar.NAME}-{version()}.aar") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = ElementTree.fromstring(files["AndroidManifest.xml"])
    least = manifest.find("uses-sdk")
    said = None if least is None else least.get("{http://schemas.android.com/apk/res/android}minSdkVersion")
    # That of the POM by which the classes are checked.
    checked = ElementTree.parse(POM).getroot().findtext("m:properties/m:android.api", namespaces=SPACE)
    if not (said == checked == str(aar.MIN_SDK)):
        yield f"the AAR says minSdk {said}, and its classes are checked for {checked}: expected {aar.MIN_SDK}"
    with zipfile.ZipFile(io.BytesIO(files["classes.jar"])) as classes:
        inside = classes.namelist()
    if lacking := {"dev/trimaran/Engine.class", "META-INF/trimaran.kotlin_module"} - set(inside):
        yield f"classes.jar lacks {', '.join(sorted(lacking))}"
    if any("module-info" in name for name in inside):
        yield "classes.jar has a module-info, which Android does not know"
    if b"-keep" not in files["proguard.txt"]:
        yield "proguard.txt has no rules for R8"
    for target in targets:
        place = ANDROID[target.triple]
        for name in (f"META-INF/{place}/{NOTICES}", f"META-INF/{place}/{BILL}"):
            if name not in files:
                yield f"the AAR lacks {name}"
        yield from _library(target, files[f"jni/{place}/{target.library}"])


def _library(target: Target, body: bytes) -> Iterator[str]:
    file = emptied(WORK / "aar") / target.library
    file.write_bytes(body)
    facts = elf.read(file)
    if facts.machine != MACHINES[target.triple]:
        yield f"the library in the folder of {ANDROID[target.triple]} is for {facts.machine}"
    if (aligned := min(facts.alignments, default=0)) < libraries.PAGE:
        yield f"the library for {ANDROID[target.triple]} has segments aligned to {aligned} bytes"


MACHINES = {"aarch64-linux-android": "EM_AARCH64", "x86_64-linux-android": "EM_X86_64"}
CHECKS = [platform, shrunk, package]
