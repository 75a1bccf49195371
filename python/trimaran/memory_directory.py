"""Directories in memory, which guests find by WASI."""

from __future__ import annotations

from collections.abc import Mapping

from ._ffi import BytesLike, contents, wrong_type
from ._handle import Handle
from ._native import MemoryDirectoryBase, article, natural, text


class MemoryDirectory(MemoryDirectoryBase, Handle):
    """A directory in memory: `WasiConfig.preopen_memory` grants it, in any number of stores.

    The host reads and writes its files at any time, and guests of several stores see each other's. What guests make it
    hold is bounded: by the bytes of all files, by the number of files and folders, by 255 bytes for a name, and by 1024
    bytes for a path. A guest that would go past a limit gets the error number 19 (`dquot`), or 37 (`nametoolong`). A
    file takes the room of its size, whatever of it was written. There are no links.

        files = MemoryDirectory({"input/a.txt": b"hello", "output/": b""})
        wasi.preopen_memory(files, "/data")
        ...
        print(files.files())
    """

    __slots__ = ("__weakref__",)
    _instead = "guests write to it; use its files()"

    def __init__(
        self,
        files: Mapping[str, BytesLike] | None = None,
        *,
        max_bytes: int | None = None,
        max_files: int | None = None,
    ) -> None:
        """Makes one with these files, by their paths. A name that ends in a slash is an empty folder.

        All files together may have `max_bytes` bytes: if nothing is said 67108864, which is 64 MiB, or what it begins
        with if that is more. There may be `max_files` files and folders: if nothing is said 10000, or what it begins
        with. Raises `LimitError` where it begins with more, and `IoError` for a name that cannot be: an empty one, one
        that begins with a slash or leads upwards, or one below a file.
        """
        given: Mapping[str, BytesLike] = {} if files is None else files
        if not hasattr(given, "items"):
            raise wrong_type(f"the files are {article(given)}: expected a mapping of names and bytes")
        names = {text(name, "the name of a file"): data for name, data in given.items()}
        pairs = [(name, contents(data, f"the file {name!r}")) for name, data in names.items()]
        self._make(pairs, _limit(max_bytes, "max_bytes"), _limit(max_files, "max_files"))

    def files(self) -> dict[str, bytes]:
        """All files, in the order of their names. Raises `LimitError` where the process has no room for a copy."""
        return dict(self._files())


def _limit(value: int | None, name: str) -> int | None:
    return None if value is None else natural(value, name)
