"""The packages of Rust: the core, and the gate that it stands on."""

from __future__ import annotations

import shutil
from pathlib import Path

from .places import CARGO, PACKAGES, emptied, run, version

CRATES = ("trimaran-gate", "trimaran-bindgen", "trimaran")


def assemble() -> list[Path]:
    """What `cargo publish` would upload. It is not compiled once more: the tests have compiled the same sources."""
    out = emptied(PACKAGES / "rust")
    named = [part for crate in CRATES for part in ("--package", crate)]
    run(["cargo", "package", "--locked", "--no-verify", "--allow-dirty", *named])
    made = [CARGO / "package" / f"{crate}-{version()}.crate" for crate in CRATES]
    return [Path(shutil.copy(file, out)) for file in made]
