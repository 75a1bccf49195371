"""How the program of each language is built and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Language(ABC):
    """A language, and its program that runs the steps of one case."""

    name: str

    def build(self) -> None:  # noqa: B027
        """Builds the program, which is quick where nothing has changed."""

    @abstractmethod
    def command(self, options: list[str]) -> list[str]:
        """How it is started."""

    def place(self, text: str) -> str:
        """A text with the places of this language."""
        return text


def quietly(*command: str) -> None:
    """Runs a build, which says something only where it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}\nthe hostile cases cannot be built: {' '.join(command)}")


class Python(Language):
    """The installed wheel."""

    name = "python"

    def command(self, options: list[str]) -> list[str]:
        return [str(ROOT / "target/python/venv/bin/python"), str(HERE / "hostile.py"), *options]


class Kotlin(Language):
    """The jar, on the JVM that `JAVA` names."""

    name = "kotlin"

    def build(self) -> None:
        quietly("mvn", "-B", "-ntp", "-q", "-f", str(HERE / "kotlin/pom.xml"), "compile")

    def command(self, options: list[str]) -> list[str]:
        target = HERE / "kotlin/target"
        path = f"{target / 'classes'}:{(target / 'classpath').read_text()}"
        # Starts faster; what the tests measure is native.
        fast = ["-XX:TieredStopAtLevel=1", "-Xmx512m"]
        if not any("GC" in option for option in options):
            fast.append("-XX:+UseSerialGC")
        java = os.environ.get("JAVA", "java")
        return [java, *fast, "--enable-native-access=ALL-UNNAMED", *options, "-cp", path, "HostileKt"]

    def place(self, text: str) -> str:
        java = Path(shutil.which(os.environ.get("JAVA", "java")) or "java").resolve()
        return text.replace("@java", str(java.parent.parent))


class Swift(Language):
    """The package, in an executable."""

    name = "swift"

    def build(self) -> None:
        package = "tests/hostile/swift"
        quietly("tools/swift", "swift", "build", "-c", "release", "--package-path", package)

    def command(self, options: list[str]) -> list[str]:
        return ["tools/swift", str(HERE / "swift/.build/release/hostile"), *options]


LANGUAGES: dict[str, type[Language]] = {"python": Python, "kotlin": Kotlin, "swift": Swift}
