"""Native files of no use, for platforms that this machine cannot build for: their packages are made and checked.

Only `tools/release check` makes them, which publishes nothing and removes its packages.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path

from . import compilers, link, native
from .native import FACTS, Kind
from .places import BILL, NOTICES, emptied, run, say
from .targets import ANDROID, TARGETS, Target

APPLE = ("aarch64-apple-ios", "aarch64-apple-ios-sim", "x86_64-apple-ios")
ANDROID_SOURCE = "int trimaran(void) { return 0; }\n"
# It calls what Apple asks a reason for, as the real one does.
APPLE_SOURCE = """
extern unsigned long long mach_absolute_time(void);
extern int stat(const char *, void *);
int trimaran(void) { return (int)mach_absolute_time() + stat("", 0); }
"""


def natives(real: Target) -> None:
    """Makes them for Android and iOS, as parts of the build that the native files of `real` are of."""
    say("native files of no use for Android and iOS, whose packages are made of them")
    for triple in (*ANDROID, *APPLE):
        target = TARGETS[triple]
        out = emptied(native.folder(target))
        if triple in ANDROID:
            _library(target, out / "jvm" / target.library)
        else:
            _archive(target, out / "swift" / "libtrimaran_ffi.a")
        for name in (NOTICES, BILL):
            shutil.copy(native.folder(real) / name, out)
        facts = replace(native.facts(real), triple=triple, kind=Kind.NO_USE)
        (out / FACTS).write_text(json.dumps(asdict(facts)))


def _library(target: Target, file: Path) -> None:
    source = _source(file, ANDROID_SOURCE)
    named = f"{target.triple.partition('-')[0]}-linux-musl"
    options = ["-shared", "-nostdlib", "-fno-sanitize=undefined", "-Wl,-z,max-page-size=16384"]
    link.zig(["cc", "-target", named, *options, source, "-o", file])
    source.unlink()


def _archive(target: Target, file: Path) -> None:
    source = _source(file, APPLE_SOURCE)
    made = source.with_suffix(".o")
    run([compilers.zig(target)[f"CC_{target.triple.replace('-', '_')}"], "-c", source, "-o", made])
    run([sys.executable, "-m", "ziglang", "ar", "rcs", file, made])
    for one in (source, made):
        one.unlink()


def _source(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True)
    source = file.with_name("trimaran.c")
    source.write_text(text)
    return source
