"""A wheel of each target, from the extension module and the sources of the Python package."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path

from pyproject_metadata import StandardMetadata

from .native import folder
from .places import BILL, EPOCH, NOTICES, OUT, PACKAGES, ROOT, Failure, emptied, run, version
from .targets import Target

# CPython 3.11's stable ABI: one file serves each later version.
TAG = "cp311-abi3"


def tags(target: Target) -> list[str]:
    """What the wheel of a target says it works with."""
    assert target.wheel is not None, target.triple
    return [f"{TAG}-{platform}" for platform in sorted(target.wheel.split("."))]


def name(target: Target) -> str:
    """The file name of the wheel of a target."""
    return f"trimaran-{version()}-{TAG}-{'.'.join(tag.removeprefix(f'{TAG}-') for tag in tags(target))}.whl"


def assemble(target: Target) -> Path:
    """The wheel of a target."""
    native = folder(target)
    extension = native / "python" / target.extension
    if not extension.exists():
        raise Failure(f"{extension.relative_to(ROOT)} is missing: run `tools/release native {target.triple}`")
    stage = emptied(OUT / "wheel" / target.triple)
    package = stage / "trimaran"
    package.mkdir()
    sources = ROOT / "python" / "trimaran"
    for source in sorted(sources.rglob("*")):
        if source.suffix in (".py", ".pyi") or source.name == "py.typed":
            copy = package / source.relative_to(sources)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(source, copy)
    shutil.copy(extension, package)
    info = stage / f"trimaran-{version()}.dist-info"
    licenses = info / "licenses"
    licenses.mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", licenses)
    shutil.copy(native / NOTICES, licenses)
    # The place that PEP 770 gives it.
    (info / "sboms").mkdir()
    shutil.copy(native / BILL, info / "sboms")
    (info / "METADATA").write_text(_metadata(), encoding="utf-8")
    head = ["Wheel-Version: 1.0", "Generator: trimaran", "Root-Is-Purelib: false"]
    (info / "WHEEL").write_text("\n".join([*head, *(f"Tag: {tag}" for tag in tags(target))]) + "\n")
    for path in sorted(stage.rglob("*")):
        os.utime(path, (EPOCH, EPOCH))
    out = PACKAGES / "python"
    out.mkdir(parents=True, exist_ok=True)
    run([sys.executable, "-m", "wheel", "pack", stage, "--dest-dir", out])
    return out / name(target)


def _metadata() -> str:
    """The core metadata, from pyproject.toml."""
    settings = tomllib.loads((ROOT / "python" / "pyproject.toml").read_text())
    project = settings["project"]
    project["dynamic"].remove("version")
    project["version"] = version()
    metadata = StandardMetadata.from_pyproject(settings, ROOT / "python")
    metadata.license_files = [Path("LICENSE"), Path(NOTICES)]
    return str(metadata.as_rfc822())
