"""The size of everything that is published, compared with what `docs/sizes.json` has."""

from __future__ import annotations

import json
import re

from .places import NATIVE, PACKAGES, ROOT, Failure, version

RECORD = ROOT / "docs" / "sizes.json"
# A compiler's new version moves sizes by some percent. What grows by more is written down by hand.
TOLERANCE = 0.05
# What is smaller is sources, and grows with each change.
SMALL = 500_000


def _sizes() -> dict[str, int]:
    """The bytes of each file, by a name without the version."""
    found: dict[str, int] = {}
    for folder, pattern in ((NATIVE, "*/*/*"), (PACKAGES, "**/*")):
        for file in sorted(folder.glob(pattern)):
            if (
                file.is_file()
                and file.stat().st_size > SMALL
                and re.search(r"\.(so|a|aar|dylib|dll|pyd|whl|jar|zip|xz|crate)$", file.name)
            ):
                found[
                    str(file.relative_to(folder.parent)).replace(f"-{version()}", "").replace(f"{version()}/", "")
                ] = file.stat().st_size
    if not found:
        raise Failure("there are no packages: run `tools/release native` and `tools/release assemble` first")
    return found


def update() -> int:
    RECORD.write_text(json.dumps(_recorded() | _sizes(), indent=2, sort_keys=True) + "\n")
    return 0


def _recorded() -> dict[str, int]:
    if not RECORD.exists():
        return {}
    read: dict[str, int] = json.loads(RECORD.read_text())
    return read


def compare() -> int:
    """Prints every size. 1 if one differs from the record by more than the tolerance, or has no record."""
    recorded, wrong = _recorded(), 0
    for name, size in _sizes().items():
        before = recorded.get(name)
        change = "new" if before is None else f"{(size - before) / max(before, 1):+.1%}"
        is_wrong = before is None or abs(size - before) > before * TOLERANCE
        wrong += is_wrong
        print(f"{size:>12,}  {change:>7}  {name}{'  <- not as recorded' if is_wrong else ''}")
    if wrong:
        print("If that is meant, `tools/release sizes --update` writes it into docs/sizes.json.")
    return 1 if wrong else 0
