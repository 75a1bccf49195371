"""Compares references in the results of shared cases by what they refer to."""

from __future__ import annotations

from collections.abc import Callable

from step import Json, Problem
from trimaran import Func, Reference, Store, WrongStoreError


class HostObject:
    """A host object of a case: there is one for each text."""

    def __init__(self, text: str) -> None:
        self.text = text


class Shown:
    """A reference, equal to every way to write it in a case."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, word: str, is_written: Callable[[Json], bool]) -> None:
        self._word, self._is_written = word, is_written

    def __eq__(self, other: object) -> bool:
        return self._is_written(other)

    def __repr__(self) -> str:
        return self._word


def show(thing: object, is_func: bool, store: Store, objects: dict[str, object], hosts: dict[str, HostObject]) -> Json:
    """What a reference refers to, for a comparison. A function has another null than the rest."""
    if thing is None:
        return Shown("null", lambda written: written in [["null"], ["func" if is_func else "ref", None]])
    if isinstance(thing, HostObject):
        return Shown(f"the host object {thing.text}", lambda written: _is_host(thing, written, hosts))
    if isinstance(thing, Func):
        return Shown("a function", lambda written: _is_func(thing, written, store, objects))
    if isinstance(thing, Reference):
        return Shown("a reference", lambda written: _is_reference(thing, written, store, objects))
    raise Problem(f"{thing!r} is no reference")


def _is_host(thing: HostObject, written: Json, hosts: dict[str, HostObject]) -> bool:
    match written:
        case ["host", str(text)]:
            return hosts.get(text) is thing
        case _:
            return False


def _is_func(thing: Func, written: Json, store: Store, objects: dict[str, object]) -> bool:
    match written:
        case ["func", str(name)]:
            known = objects.get(name)
            try:
                return isinstance(known, Func) and thing.same(store, known)
            except WrongStoreError:
                return False
        case _:
            return False


def _is_reference(thing: Reference, written: Json, store: Store, objects: dict[str, object]) -> bool:
    match written:
        case ["ref", str(name)]:
            known = objects.get(name)
            return isinstance(known, Reference) and thing.same(store, known)
        case _:
            return False
