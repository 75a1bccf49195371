"""Jars and zips whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from .places import EPOCH

TIME = datetime.fromtimestamp(EPOCH, UTC).timetuple()[:6]
# A jar's manifest comes first: readers of streams look for it there.
FIRST = "META-INF/MANIFEST.MF"


def write(file: Path, entries: Mapping[str, bytes]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(packed(entries))


def packed(entries: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(entries, key=lambda name: (name != FIRST, name)):
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
    return made.getvalue()


def read(file: Path) -> dict[str, bytes]:
    """The files of an archive, without its folders."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def files(folder: Path, names: Iterable[Path]) -> dict[str, bytes]:
    """The files of a folder, by their names in it."""
    return {name.relative_to(folder).as_posix(): name.read_bytes() for name in names if name.is_file()}
