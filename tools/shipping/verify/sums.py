"""Checks that the list of checksums has every package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..assemble import SUMS
from ..places import PACKAGES


def listed() -> Iterator[str]:
    """the list of checksums has every file, and they are right"""
    lines = (PACKAGES / SUMS).read_text().splitlines()
    said = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {
        str(file.relative_to(PACKAGES)): file for file in PACKAGES.rglob("*") if file.is_file() and file.name != SUMS
    }
    for name in sorted(said.keys() ^ there.keys()):
        yield f"{name} is {'listed, and missing' if name in said else 'not listed'}"
    for name in sorted(said.keys() & there.keys()):
        if hashlib.sha256(there[name].read_bytes()).hexdigest() != said[name]:
            yield f"{name} has another checksum"


CHECKS = [listed]
