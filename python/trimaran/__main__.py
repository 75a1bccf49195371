"""The command line: `python -m trimaran run FILE`, `inspect FILE`, `wat2wasm FILE`."""

from __future__ import annotations

import os
import signal
import sys

from ._native import command_line


def main() -> int:
    """Runs what this process was started with, and gives its exit status."""
    # Python looks at a signal when the guest has returned, which may be never: signals do what they do to any program.
    for name in ("SIGINT", "SIGPIPE"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    # The command line writes to the same files.
    sys.stdout.flush()
    sys.stderr.flush()
    # Bytes that are no text name no file that can be asked for.
    arguments = [os.fsencode(argument).decode(errors="replace") for argument in sys.argv[1:]]
    return command_line("python -m trimaran", arguments)


if __name__ == "__main__":
    sys.exit(main())
