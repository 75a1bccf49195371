"""What a guest is granted of the system: WASI preview 1, and 0.2 for components."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ._closable import Managed
from ._ffi import BytesLike, contents, expect, file_name, wrong_type
from ._native import article, natural, text
from ._setting import Configurable, Knob
from ._streams import (
    AsyncReadable,
    AsyncWritable,
    Queue,
    Readable,
    Turns,
    Writable,
    is_awaited,
    is_read_in_turn,
    port_of_source,
    port_of_target,
    reader,
    writer,
)
from .http import Handler, answer, checked
from .memory_directory import MemoryDirectory
from .module import Path
from .output import OutputPipe, Sinks

if TYPE_CHECKING:
    from .store import Store


Callback: TypeAlias = Writable | AsyncWritable | Queue | Callable[[bytes], int | Awaitable[int | None] | None]
Source: TypeAlias = (
    Readable | AsyncReadable | AsyncIterable[BytesLike] | Callable[[int], BytesLike | Awaitable[BytesLike]]
)


def _argv(value: object, name: str) -> list[str]:
    return [text(item, f"item {place} of {name}") for place, item in enumerate(_list(value, name), 1)]


def _env(value: Any, name: str) -> list[tuple[str, str]]:
    pairs = _list(value.items() if hasattr(value, "items") else value, name)
    return [_pair(pair, f"item {place} of {name}") for place, pair in enumerate(pairs, 1)]


def _pair(value: object, what: str) -> tuple[str, str]:
    parts = _list(value, what)
    if len(parts) != 2:
        raise wrong_type(f"{what} has {len(parts)} parts: expected a name and a value")
    return _word(parts[0], f"the name of {what}"), _word(parts[1], f"the value of {what}")


def _word(part: object, what: str) -> str:
    """A text as the system has it: bytes that are no UTF-8 are half surrogates in it."""
    word = os.fsdecode(part) if isinstance(part, bytes) else part
    _octets(word, what)
    return word if isinstance(word, str) else text(word, what)


def _octets(value: object, what: str) -> bytes:
    """A text in UTF-8. What the system gave and is no UTF-8 has the system's bytes."""
    if isinstance(value, str):
        try:
            return value.encode(errors="surrogateescape")
        except UnicodeEncodeError:
            pass
    return text(value, what).encode()


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, (str, bytes)) and hasattr(value, "__iter__"):
        return list(value)
    raise wrong_type(f"{what} is {article(value)}: expected a list")


def _environment() -> dict[str, str]:
    """The environment variables of this process, as Python has them."""
    while True:
        try:
            variables = dict(os.environ)
        except KeyError:
            # Another thread has taken one out meanwhile.
            continue
        return variables


def _file(value: Any, name: str) -> str:
    return file_name(value)


def _callback(value: Any, name: str) -> Callback:
    callback: Callback = value
    if not callable(writer(value)):
        raise wrong_type(f"{name} is {article(value)}: expected something with a method write or put, or a callable")
    return callback


def _source(value: Any, name: str) -> Source:
    if not callable(reader(value)) and not hasattr(value, "__aiter__"):
        raise wrong_type(
            f"{name} is {article(value)}: expected something with a method read, a callable, or an async iterable"
        )
    source: Source = value
    return source


def _pipe(value: object, name: str) -> OutputPipe:
    return expect(value, OutputPipe, name)


class WasiConfig(Configurable, Managed):
    """What guests of a store see of the system: `Store.set_wasi` grants it.

    Nothing is granted that is not asked for. Without anything, a guest has no arguments, no variables and no files,
    reads nothing, and what it writes is discarded. Like a `Config` it is a plain value: change it as you like, and
    use it for any number of stores. Its files and directories are opened when it is granted.

        wasi.argv = ["program", "input.txt"]
        wasi.stdout_file("output.txt").stderr_custom(print)

    Of the settings of one stream the last one counts.
    """

    __slots__ = ("_folders", "_preopens", "_turns", "_values")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._once("_values")
        self._values: dict[str, Any] = {}
        self._preopens: list[tuple[str, str, bool, int | None, int | None]] = []
        self._folders: list[tuple[MemoryDirectory, str, bool]] = []
        self._turns = Turns()

    argv: Knob[Iterable[str]] = Knob(_argv)
    """The arguments, of which the first one is the program's name."""
    env: Knob[Mapping[str, str] | Mapping[bytes, bytes] | Iterable[Iterable[Any]]] = Knob(_env)
    """The environment variables: pairs of a name and a value, or a mapping. Both may be bytes, as in `os.environb`."""
    stdin_file: Knob[Path] = Knob(_file)
    """The file that the guest reads as its standard input."""
    stdin_bytes: Knob[BytesLike] = Knob(contents)
    """The bytes that the guest reads as its standard input."""
    stdin_custom: Knob[Source] = Knob(_source)
    """What the guest reads as its standard input: an object with a method `read`, a callable, or an async iterable.

    It is asked for up to so many bytes when the guest reads, and gives none at the end. The guest waits meanwhile.
    What it raises comes out of the call of the guest, as the very same object. It cannot use the guest's own store,
    which raises `BusyError`. The call raises `WasmTypeError` where it gives no bytes, and `RangeError` where it gives
    more than was asked for.

    An async one, such as an `asyncio.StreamReader`, is awaited in the task that awaits `call_async`, as an async host
    function is: the guest takes no thread meanwhile. Its pieces may have any length, and it may use the store. A guest
    that reads it elsewhere ends with `SuspendError`, and so does a component. Make the instance after
    `Store.set_wasi`. Guests of several stores that were granted this configuration read one after the other."""
    stdout_file: Knob[Path] = Knob(_file)
    """The file that standard output goes to. It is made, or emptied."""
    stdout_append: Knob[Path] = Knob(_file)
    """The file that standard output goes to, after what it has already."""
    stdout_custom: Knob[Callback] = Knob(_callback)
    """What gets each piece of standard output: an object with a method `write`, such as a file in binary mode, a queue,
    or a callable. It gives how many bytes it took, or `None` for all of them.

    What it raises comes out of the call of the guest, as the very same object. It cannot use the guest's own store,
    which raises `BusyError`.

    An async one, such as an `asyncio.Queue`, is awaited in the task that awaits `call_async`, as an async host function
    is: the guest goes on when it has taken the piece, and takes no thread meanwhile. So it is with a `drain` that is
    async, as that of an `asyncio.StreamWriter`. It may use the store. A guest that writes to it elsewhere ends with
    `SuspendError`, and so does a component. Make the instance after `Store.set_wasi`."""
    stdout_pipe: Knob[OutputPipe] = Knob(_pipe)
    """The `OutputPipe` that keeps standard output."""
    stderr_file: Knob[Path] = Knob(_file)
    """The file that the standard error output goes to. It is made, or emptied."""
    stderr_append: Knob[Path] = Knob(_file)
    """The file that the standard error output goes to, after what it has already."""
    stderr_custom: Knob[Callback] = Knob(_callback)
    """What gets each piece of the standard error output, as `stdout_custom` does."""
    stderr_pipe: Knob[OutputPipe] = Knob(_pipe)
    """The `OutputPipe` that keeps the standard error output."""
    random_seed: Knob[int] = Knob(natural)
    """Makes the guest's random numbers the same in every run."""
    max_transfer: Knob[int] = Knob(natural)
    """How many bytes the guest may read or write by one call: 134217728 bytes, which is 128 MiB, if nothing is said.

    A call that asks for more does nothing, and the guest gets the error number 48 (`nomem`). `Store.set_wasi` raises
    `RangeError` for less than 4096."""

    http: Knob[Handler] = Knob(checked)
    """What answers the HTTP requests of components (`wasi:http`): a callable, which is given an `HttpRequest` and gives
    an `HttpResponse`. With none each request fails in the guest with `HTTP-request-denied`. Modules of preview 1 have
    no HTTP: for them this does nothing.

    The guest waits meanwhile. An `HttpError` gives the guest an error code. What the callable raises else comes out of
    the call of the guest, as the very same object. It cannot use the guest's own store, which raises `BusyError`."""
    max_http_body: Knob[int] = Knob(natural)
    """How many bytes the bodies of requests may have that a guest has written and that were not sent yet, all together:
    16777216 bytes, which is 16 MiB, if nothing is said.

    Past it the guest gets the error code `HTTP-request-body-size`. A response that is given as bytes, and has more, is
    `HTTP-response-body-size` for the guest."""

    def _put(self, name: str, value: object) -> None:
        stream, _, kind = name.partition("_")
        # The default of one way does not undo another one.
        if value is not None and stream.startswith("std") and kind:
            for other in [other for other in self._values if other.startswith(stream)]:
                del self._values[other]
        super()._put(name, value)

    def inherit_argv(self) -> WasiConfig:
        """Gives the guest the arguments of this process."""
        return self._inherit("inherit_argv")

    def inherit_env(self) -> WasiConfig:
        """Gives the guest the environment variables of this process. Those of `env` come on top."""
        return self._inherit("inherit_env")

    def inherit_stdin(self) -> WasiConfig:
        """Lets the guest read the standard input of this process."""
        return self._inherit("stdin_inherit")

    def inherit_stdout(self) -> WasiConfig:
        """Lets the guest write to the standard output of this process, past `sys.stdout`."""
        return self._inherit("stdout_inherit")

    def inherit_stderr(self) -> WasiConfig:
        """Lets the guest write to the standard error output of this process, past `sys.stderr`."""
        return self._inherit("stderr_inherit")

    def _inherit(self, name: str) -> WasiConfig:
        self._put(name, True)
        return self

    def preopen_dir(
        self,
        path: Path,
        guest_path: str,
        fs_mutable: bool = True,
        *,
        max_bytes: int | None = None,
        max_files: int | None = None,
    ) -> WasiConfig:
        """Grants the directory `path`, and everything in it, which the guest finds at `guest_path`.

        Without `fs_mutable`, the guest may only read it. With `max_bytes`, the guests of a store may add so many bytes
        to its files; with `max_files`, so many files and folders. Past either a guest gets the error number 19
        (`dquot`). What they remove or shorten they may add again, and a file's size counts, whatever of it was written.
        Each store counts for itself, from `Store.set_wasi` on. Files move between directories with quotas only within
        one.
        """
        name, guest = file_name(path), text(guest_path, "the guest's path")
        is_mutable = expect(fs_mutable, bool, "fs_mutable")
        bytes_at_most = None if max_bytes is None else natural(max_bytes, "max_bytes")
        files_at_most = None if max_files is None else natural(max_files, "max_files")
        self._preopens.append((name, guest, is_mutable, bytes_at_most, files_at_most))
        return self

    def preopen_memory(self, directory: MemoryDirectory, guest_path: str, fs_mutable: bool = True) -> WasiConfig:
        """Grants a directory in memory, which the guest finds at `guest_path`.

        Without `fs_mutable`, the guest may only read it.
        """
        given = expect(directory, MemoryDirectory, "the directory"), text(guest_path, "the guest's path")
        self._folders.append((*given, expect(fs_mutable, bool, "fs_mutable")))
        return self

    def fixed_clock(self, start: int, step: int = 0) -> WasiConfig:
        """Gives the guest a clock that reads `start` first, in nanoseconds since 1970, and `step` more each time."""
        self._put("clock", (natural(start, "the start"), natural(step, "the step")))
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WasiConfig):
            return NotImplemented
        mine, others = (self._values, self._preopens, self._folders), (other._values, other._preopens, other._folders)
        return mine == others

    def __repr__(self) -> str:
        settings = [f"{name}={value!r}" for name, value in self._values.items()]
        # What a variable holds may be a secret.
        if "env" in self._values:
            names = [name for name, _ in self._values["env"]]
            settings = [f"env={names}" if setting.startswith("env=") else setting for setting in settings]
        settings += [f"preopen_dir={guest!r}" for _, guest, *_ in self._preopens]
        settings += [f"preopen_memory={guest!r}" for _, guest, _ in self._folders]
        return f"WasiConfig({', '.join(settings)})"

    def _to_raw(self, sinks: Sinks, store: Store) -> dict[str, Any]:
        given = self._values
        return {
            "argv": given.get("argv", []),
            "inherit_argv": given.get("inherit_argv", False),
            # With those of this process: the core would read them while another thread of Python changes them.
            "env": self._variables(),
            "stdin": self._input(sinks, store),
            "stdout": self._output("stdout", sinks, store),
            "stderr": self._output("stderr", sinks, store),
            "preopens": [(path, guest, not is_mutable, *quota) for path, guest, is_mutable, *quota in self._preopens],
            "memory_preopens": [(folder, guest, not is_mutable) for folder, guest, is_mutable in self._folders],
            "clock": given.get("clock"),
            "random_seed": given.get("random_seed"),
            "max_transfer": given.get("max_transfer"),
            "http": self._http(sinks),
            "max_http_body": given.get("max_http_body"),
        }

    def _variables(self) -> list[tuple[bytes, bytes]]:
        """The environment variables, those of this process first."""
        own: list[tuple[str, str]] = self._values.get("env", [])
        names = {name for name, _ in own}
        inherited = _environment().items() if self._values.get("inherit_env") else ()
        all_of_them = [(name, value) for name, value in inherited if name not in names] + own
        return [(_octets(name, "the name"), _octets(value, "the value")) for name, value in all_of_them]

    def _stream(self, stream: str) -> tuple[str, Any]:
        """How a stream is set, and to what."""
        name = next((name for name in self._values if name.startswith(f"{stream}_")), "")
        return name.removeprefix(f"{stream}_"), self._values.get(name)

    def _input(self, sinks: Sinks, store: Store) -> Any:
        match self._stream("stdin"):
            case "inherit", _:
                return ("INHERIT",)
            case "bytes", octets:
                return "BYTES", octets
            case "file", path:
                return "FILE", path
            case "custom", source if is_read_in_turn(source):
                return "ASYNC", port_of_source(store, source, self._turns)
            case "custom", source:
                return "SOURCE", sinks.source(reader(source))
            case _:
                return None

    def _http(self, sinks: Sinks) -> Any:
        handler = self._values.get("http")
        return None if handler is None else ("HANDLER", sinks.handler(partial(answer, handler)))

    def _output(self, stream: str, sinks: Sinks, store: Store) -> Any:
        match self._stream(stream):
            case "inherit", _:
                return ("INHERIT",)
            case "file" | "append" as kind, path:
                return "FILE", path, kind == "append"
            case "pipe", pipe:
                return "PIPE", pipe
            case "custom", target if is_awaited(target):
                return "ASYNC", port_of_target(store, stream, target)
            case "custom", callback:
                return "SINK", sinks.sink(stream, writer(callback))
            case _:
                return None
