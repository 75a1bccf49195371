"""A folder that a guest is given, among others that it must not reach; and whether it has left them alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any


class Room:
    """`room` is what the guest gets. What lies beside it, nobody may touch; with `read_only`, `room` as well."""

    def __init__(self, folder: Path, content: dict[str, Any]) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "room").mkdir(parents=True)
        content = dict(content)
        self._reads_only = content.pop("read_only", False)
        for name, text in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            link = text.replace("@folder", str(folder))
            if link.startswith("-> "):
                path.symlink_to(link[3:])
            elif link.startswith("== "):
                os.link(folder / link[3:], path)
            else:
                path.write_text(link)
        self._before = self._all()

    def _all(self) -> dict[str, Any]:
        """Everything, with what of it shows whether somebody was there. To look at a file does not change it."""
        found = {}
        for path in sorted(self._folder.rglob("*")):
            name, status = str(path.relative_to(self._folder)), path.lstat()
            inside = name == "room" or name.startswith("room/")
            if inside and not self._reads_only:
                continue
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[name] = (status.st_mode, status.st_nlink, status.st_size, status.st_mtime_ns, status.st_ino, content)
        return found

    def changes(self) -> list[str]:
        """What the guest has changed where it must not."""
        now = self._all()
        names = sorted(self._before.keys() | now.keys())
        return [f"{name} is not as it was" for name in names if self._before.get(name) != now.get(name)]

    def remove(self) -> None:
        """Removes all of it."""
        shutil.rmtree(self._folder, ignore_errors=True)
