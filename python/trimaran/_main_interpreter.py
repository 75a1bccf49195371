"""Loads the extension module, in the main interpreter alone: it takes every thread for one of that interpreter."""

from __future__ import annotations

REASON = "trimaran does not work in a subinterpreter: import it in the main interpreter, or in a process of its own"


def _unloadable(error: ImportError) -> str:
    """What was found, what works, and what to do."""
    import platform

    system = (
        f"{platform.system()} on {platform.machine()}, {platform.python_implementation()} {platform.python_version()}"
    )
    libc = " ".join(part for part in platform.libc_ver() if part)
    found = f"{system}, {libc}" if libc else system
    works = (
        "It works with CPython 3.11 and newer on x86-64 and arm64: Linux with glibc 2.17 or newer or musl 1.2 or newer,"
        " macOS 11 or newer, Windows 10 or newer. `pip install --force-reinstall trimaran` installs the file for this"
        " system if there is one"
    )
    if isinstance(error, ModuleNotFoundError):
        return f"this installation of trimaran has no native library for {found}. {works}"
    return f"the native library of trimaran, {error.path}, cannot be loaded here ({found}): {error}. {works}"


def _lacking(name: str) -> object:
    """Python asks here for what the native library does not have."""
    if name.startswith("__"):
        raise AttributeError(f"the module {_native.__name__} has no attribute {name}")
    raise ImportError(
        f"the native library of trimaran, {_native.__file__}, is of another version than the files of Python beside it:"
        f" it has no `{name}`. `pip install --force-reinstall trimaran` installs all of one version",
        name="trimaran",
        path=_native.__file__,
    )


try:
    from ._native import interpreter
except ImportError as error:
    # An interpreter that shares nothing does not even load the module.
    reason = REASON if "subinterpreter" in str(error) else _unloadable(error)
    raise ImportError(reason, name="trimaran", path=error.path) from None
else:
    from . import _native

_native.__dict__["__getattr__"] = _lacking
if interpreter() != 0:
    raise ImportError(REASON, name="trimaran")
