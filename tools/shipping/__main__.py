"""The command line: `tools/release native [TARGET] | assemble | verify | sizes | check | lint | cross`."""

from __future__ import annotations

import argparse
import sys

from . import assemble, cross, lint, native, rehearsal, sizes, verify
from .native import Kind
from .places import Failure, clear
from .targets import TARGETS, named, this_machine

# What `tools/test` takes for a suite that cannot run on this machine.
SKIPPED = 77


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/release", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "native", help="build and link the native files of a target, with notices and a bill of materials"
    )
    one.add_argument(
        "target", nargs="?", choices=sorted(TARGETS), help="Rust's name of it; without one, this machine's"
    )
    one.add_argument("--publish", action="store_true", help="compile it anew, without a path of this machine in it")
    commands.add_parser("assemble", help="make every package from the native files that are there")
    commands.add_parser("verify", help="check all native files and packages that are there")
    recorded = commands.add_parser("sizes", help="compare the sizes with those that docs/sizes.json has")
    recorded.add_argument("--update", action="store_true", help="write them there")
    commands.add_parser("check", help="all of that for this machine in short, as `make test` does it")
    linted = commands.add_parser("lint", help="the types of these tools, and the workflows by zizmor")
    linted.add_argument("--all", action="store_true", help="the workflows by actionlint as well, which is built for it")
    other = commands.add_parser("cross", help="compile for other systems, as `tools/cross` says")
    other.add_argument("what", choices=["build", "check"])
    other.add_argument(
        "targets", nargs="*", help="Rust's names; without one, `check` takes those that need their own machine"
    )
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "native":
                target = TARGETS[arguments.target] if arguments.target else this_machine()
                native.build(target, Kind.PUBLISHED if arguments.publish else Kind.TESTED)
            case "assemble":
                assemble.assemble()
            case "verify":
                return verify.verify()
            case "sizes":
                return sizes.update() if arguments.update else sizes.compare()
            case "check":
                if this_machine().zig is None:
                    print("the packages for this system are made of a build for publishing alone")
                    return SKIPPED
                native.build(this_machine(), Kind.BRIEF)
                rehearsal.natives(this_machine())
                assemble.assemble()
                status = verify.verify()
                if status == 0:
                    # Nobody uses these packages, and they take 300 MB.
                    clear()
                return status
            case "cross":
                targets = [named(triple) for triple in arguments.targets]
                if arguments.what == "check":
                    return cross.check(targets or cross.others())
                cross.build(targets)
            case _:
                return lint.lint(arguments.all)
    except Failure as failure:
        print(f"tools/release: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
