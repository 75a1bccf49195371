"""The notices of third parties: who made what the native library contains, and the texts of their licences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from .crates import Package
from .places import ROOT, Failure, run

LICENSES = Path(__file__).parent / "licenses"
# What a package calls the file.
FILE = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)
# The texts for packages that come without one. Of a choice, the first of these that it offers.
TEXTS = {
    "Apache-2.0 WITH LLVM-exception": ROOT / "LICENSE",
    "Apache-2.0": ROOT / "LICENSE",
    "MPL-2.0": LICENSES / "MPL-2.0.txt",
}
# What ittapi itself comes without lies in the package of its C sources.
WITH = {"ittapi": "ittapi-sys"}
# Under which licence this project takes what offers the GPL as well.
CHOSEN = {"GPL-2.0-only OR BSD-3-Clause": "BSD-3-Clause"}
RULE = "=" * 80

HEAD = """Third-party notices of Trimaran

The native library of this package contains the packages below. Trimaran itself is under the Apache License 2.0 with
the LLVM exception: its text is in the file LICENSE.
"""
MPL = """
Under the Mozilla Public License 2.0, whose text is below, you may have the source of these packages. Trimaran uses
them as they were published, without a change; the source of a version is the package of that name and version in the
registry of Rust packages, and lies in the repository that is named:
"""


def text(packages: Sequence[Package]) -> str:
    """The notices for a library that contains these packages."""
    others = [package for package in packages if not package.is_ours]
    standard = f"Rust's standard library {run(['rustc', '--version']).split()[1]}"
    lines = [HEAD, f"{standard}: MIT OR Apache-2.0, https://github.com/rust-lang/rust"]
    lines += [_line(package) for package in others]
    mozilla = [package for package in others if "MPL" in package.license]
    if mozilla:
        lines += [MPL, *(f"{package.name} {package.version}: {_source(package)}" for package in mozilla)]
    bearers: dict[str, list[str]] = defaultdict(list)
    bearers[_normal((ROOT / "LICENSE").read_text())].append(standard)
    folders = {package.name: package.folder for package in others}
    for package in others:
        for body in _texts(package, folders.get(WITH.get(package.name, package.name), package.folder)):
            bearers[body].append(f"{package.name} {package.version}")
    for body, names in bearers.items():
        lines += ["", RULE, "The licence or notice of " + ", ".join(dict.fromkeys(names)) + ":", "", body]
    return "\n".join(lines) + "\n"


def _line(package: Package) -> str:
    by = f", by {', '.join(author.split(' <')[0] for author in package.authors)}" if package.authors else ""
    where = f", {package.repository}" if package.repository else ""
    return f"{package.name} {package.version}{by}: {CHOSEN.get(package.license, package.license)}{where}"


def _source(package: Package) -> str:
    if package.repository is None:
        raise Failure(
            f"{package.name} is under the MPL and names no repository: the notices have to say where its source is"
        )
    return package.repository


def _texts(package: Package, folder: Path) -> Iterator[str]:
    """What lies in the folder, and in sources of C that it brings along, or the text of the package's licence."""
    found = [file for pattern in ("*", "*/*") for file in sorted(folder.glob(pattern)) if _is_notice(file)]
    if found:
        yield from (_normal(file.read_text(encoding="utf-8", errors="replace")) for file in found)
        return
    offered = re.split(r" OR | AND |/|[()]", package.license)
    for name, file in TEXTS.items():
        if name in (word.strip() for word in offered):
            yield _normal(file.read_text())
            return
    raise Failure(
        f"{package.name} {package.version} has no text of its licence {package.license}: add one in notices.py"
    )


def _is_notice(file: Path) -> bool:
    if not file.is_file() or file.suffix in (".rs", ".c", ".h", ".toml", ".json") or file.name.startswith("GPL"):
        return False
    return FILE.match(file.name) is not None or file.parent.name == "LICENSES"


def _normal(body: str) -> str:
    """The text without what differs between copies of one licence: ends of lines, empty lines around it."""
    return "\n".join(line.rstrip() for line in body.splitlines()).strip("\n")
