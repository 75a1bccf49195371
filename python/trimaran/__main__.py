"""The command line: `python -m trimaran run FILE`, `inspect FILE`, `explore FILE`, `bindgen FILE`, `wat2wasm FILE`."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial

from ._native import command_line
from .http import HttpRequest, HttpResponse, answer


def _send(request: HttpRequest) -> HttpResponse:
    # Few programs send requests.
    from ._client import send

    return send(request)


def main() -> int:
    """Runs what this process was started with, and gives its exit status."""
    # Python looks at a signal when the guest has returned, which may be never: signals do what they do to any program.
    for name in ("SIGINT", "SIGPIPE"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    # The command line writes to the same files. A process may have been started without them.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
            stream.flush()
    arguments: list[str] = []
    for argument in map(os.fsencode, sys.argv[1:]):
        try:
            arguments.append(argument.decode())
        except UnicodeDecodeError:
            # With other letters in their place, the bytes would name another file.
            print(f"python -m trimaran: the argument {argument!r} is not UTF-8", file=sys.stderr)
            return 2
    return command_line("python -m trimaran", arguments, ("HANDLER", partial(answer, _send)))


if __name__ == "__main__":
    sys.exit(main())
