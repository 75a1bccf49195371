"""Checks the native files and the packages that are there, and says what is wrong with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from .. import native
from ..assemble import present
from ..places import Failure, Skipped
from . import android, java, libraries, notices, python, sums, swift, versions

# Each gives a sentence for whatever is wrong.
Check = Callable[[], Iterator[str]]


def verify() -> int:
    """Runs every check. 1 if one has found something."""
    checks: dict[str, Check] = {}
    for target in present():
        if native.facts(target).kind == native.Kind.NO_USE:
            continue
        for check in (*libraries.CHECKS, *notices.CHECKS):
            checks[f"{target.triple}: {check.__doc__}"] = partial(check, target)
    for module in (python, java, android, swift, sums, versions):
        checks |= {f"{check.__doc__}": check for check in module.CHECKS}
    passed = failed = skipped = 0
    for name, run in checks.items():
        start = time.monotonic()
        try:
            problems = list(run())
        except Skipped as reason:
            skipped += 1
            print(f"skipped: {name}: {reason}")
            continue
        except Failure as failure:
            problems = [str(failure)]
        print(f"{'FAILED' if problems else 'ok'}: {name} ({time.monotonic() - start:.1f} s)")
        for problem in problems:
            print(f"    {problem}")
        passed, failed = passed + (not problems), failed + bool(problems)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0
