"""The packages of Rust that are linked into the native library of a target."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .places import Failure, run

# The library with all of its features.
ASKED = ["--manifest-path", "bindings/Cargo.toml", "--features", "python"]


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    license: str
    repository: str | None
    authors: tuple[str, ...]
    folder: Path
    # Whether it is a part of this project.
    is_ours: bool
    # The names and versions of what it uses.
    uses: tuple[tuple[str, str], ...]


def linked(triple: str) -> list[Package]:
    """Each package that the library of the target contains, this project's own included, in the order of their names.

    What runs only while it is built is left out: macros, build scripts, and what those use.
    """
    metadata = _metadata(triple)
    packages: dict[str, Any] = {package["id"]: package for package in metadata["packages"]}
    nodes: dict[str, Any] = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    named = {key: (str(package["name"]), str(package["version"])) for key, package in packages.items()}
    members: set[str] = set(metadata["workspace_members"])
    inside = _tree(triple)
    found: list[Package] = []
    for key, name in named.items():
        if name in inside:
            uses = {named[dep["pkg"]] for dep in nodes[key]["deps"]} & inside - {name}
            found.append(_package(packages[key], key in members, sorted(uses)))
    return sorted(found, key=lambda package: (package.name, package.version))


@cache
def _tree(triple: str) -> set[tuple[str, str]]:
    """The names and versions of what is linked. `cargo metadata` has one set of features for all, and more."""
    options = ["-e", "normal,no-proc-macro", "--target", triple, "--prefix", "none", "--format", "{p}"]
    lines = run(["cargo", "tree", "--locked", *ASKED, *options]).splitlines()
    words = [line.split() for line in lines if line]
    return {(name, number.removeprefix("v")) for name, number, *_ in words}


@cache
def _metadata(triple: str) -> Any:
    options = ["--format-version", "1", "--filter-platform", triple]
    return json.loads(run(["cargo", "metadata", "--locked", *ASKED, *options]))


def _package(package: Any, is_ours: bool, uses: list[tuple[str, str]]) -> Package:
    if not package["license"]:
        raise Failure(f"the package {package['name']} {package['version']} names no licence: say it in crates.py")
    return Package(
        name=package["name"],
        version=package["version"],
        license=package["license"],
        repository=package["repository"] or package["homepage"],
        authors=tuple(package["authors"]),
        folder=Path(package["manifest_path"]).parent,
        is_ours=is_ours,
        uses=tuple(uses),
    )
