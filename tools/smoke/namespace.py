#!/usr/bin/env python3
"""Runs a command in a Debian tree, of this machine's processor or of arm64: `namespace.py TREE [FOLDER...] -- COMMAND`.

It needs root, and changes nothing of the machine. The mounts are in a namespace of their own. So is the list of the
interpreters of foreign programs (binfmt_misc), in which qemu is for arm64: from 6.7 on, Linux has one for each user
namespace. The folders are there under the same names. The tree `/` is this machine, with that list alone.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

NEWNS, NEWUSER, NEWPID = 0x00020000, 0x10000000, 0x20000000
# All ids, each as itself.
IDS = "0 0 4294967295"
BINFMT = "/proc/sys/fs/binfmt_misc"
# The first bytes of an ELF file for arm64, and which of their bits count. F opens the program now, for any root.
ARM64 = rb":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
MASK = rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:"
ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


def unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def inside(tree: Path, folders: list[Path], command: list[str]) -> int:
    """The command's status. It runs as the first process of its namespace."""
    unshare(NEWPID)
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255
    qemu = os.environ.get("TRIMARAN_QEMU")
    if qemu is not None:
        mount("-t", "binfmt_misc", "binfmt_misc", BINFMT)
        Path(BINFMT, "register").write_bytes(ARM64 + MASK + qemu.encode() + b":FPOC")
    if tree == Path("/"):
        os.execvp(command[0], command)
    mount("-t", "proc", "proc", f"{tree}/proc")
    mount("--rbind", "/dev", f"{tree}/dev")
    for folder in folders:
        place = tree / folder.relative_to("/")
        place.mkdir(parents=True, exist_ok=True)
        mount("--bind", str(folder), str(place))
    os.chroot(tree)
    os.chdir("/")
    os.execvpe(command[0], command, ENVIRONMENT)


def main() -> int:
    at = sys.argv.index("--")
    tree, *folders = (Path(name).resolve() for name in sys.argv[1:at])
    # The ids are given by whoever is outside.
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        unshare(NEWUSER | NEWNS)
        os.write(ready[1], b"1")
        os.read(go[0], 1)
        os.setgid(0)
        os.setuid(0)
        return inside(tree, folders, sys.argv[at + 1 :])
    os.read(ready[0], 1)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{name}").write_text(IDS)
    os.write(go[1], b"1")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255


if __name__ == "__main__":
    sys.exit(main())
