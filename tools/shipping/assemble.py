"""Makes every package from the native files that are there."""

from __future__ import annotations

import hashlib

from . import maven, native, rust, swift, wheels
from .places import PACKAGES, ROOT, Failure, emptied, say, version
from .targets import TARGETS, Target

SUMS = "SHA256SUMS"


def present() -> list[Target]:
    """The targets that have native files, all of this version and of one build."""
    found = [target for target in TARGETS.values() if (native.folder(target) / native.FACTS).exists()]
    if not found:
        raise Failure("there are no native files: run `tools/release native` first")
    facts = [native.facts(target) for target in found]
    builds = {(fact.version, fact.build) for fact in facts}
    if len(builds) > 1 or facts[0].version != version():
        each = ", ".join(f"{fact.triple} is {fact.version} of build {fact.build}" for fact in facts)
        raise Failure(
            f"the native files are not all of one build of {version()}: {each}; build those of other builds again"
        )
    return found


def assemble() -> None:
    targets = present()
    emptied(PACKAGES)
    say(f"packages for {', '.join(target.triple for target in targets)}")
    for target in targets:
        if target.wheel:
            say(wheels.assemble(target).name)
    say(maven.assemble([target for target in targets if target.jvm]).name)
    say(swift.assemble(targets).name)
    for crate in rust.assemble():
        say(crate.name)
    files = sorted(file for file in PACKAGES.rglob("*") if file.is_file())
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(PACKAGES)}\n" for file in files]
    (PACKAGES / SUMS).write_text("".join(sums))
    say(f"all packages: {PACKAGES.relative_to(ROOT)}")
