"""Compiles for other systems on this machine: `tools/cross build | check`.

Native files for Linux and iOS are made in full. What no linker here can link is checked: each crate is compiled up to
its types and borrows, with warnings as errors.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from . import compile, native
from .native import Kind
from .places import Failure, say
from .targets import TARGETS, Target


def build(targets: Sequence[Target]) -> None:
    """The native files of each, as for publishing. What cargo left of a target goes: it is 2 GB each."""
    for target in targets:
        native.build(target, Kind.PUBLISHED)
        shutil.rmtree(compile.FOLDER / target.triple)


def check(targets: Sequence[Target]) -> int:
    """1 if the library does not compile for one of them, or gives a warning there."""
    failed = 0
    for target in targets:
        try:
            compile.check(target)
        except Failure as failure:
            failed = 1
            print(f"{target.triple}: {failure}", file=sys.stderr)
        else:
            say(f"{target.triple}: compiles, without a warning")
        shutil.rmtree(compile.FOLDER / target.triple, ignore_errors=True)
    return failed


def others() -> list[Target]:
    """Those that only a machine of their own can build."""
    return [target for target in TARGETS.values() if target.zig is None]
