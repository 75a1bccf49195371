"""Calls every operation that core exports with every kind of wrong argument, by the generator's model.

What comes out is an error of a type that Python knows, or what was asked for: never a panic, and never a crash.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import walk
from trimaran import UnexpectedError, WasmtimeError
from walk import Operation, World

OPERATIONS = walk.operations()
# What a program gets for what it did wrong.
TYPED = (WasmtimeError, TypeError, ValueError, OverflowError)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One operation writes files."""
    monkeypatch.chdir(tmp_path)


def outcome(operation: Operation, receiver: Any, arguments: list[Any]) -> BaseException | None:
    """What it fails with, if it does."""
    try:
        operation.call(receiver, arguments)
    except TYPED as error:
        assert not isinstance(error, UnexpectedError), f"{operation}{tuple(arguments)} panicked: {error}"
        assert str(error), f"{operation}{tuple(arguments)} failed without a word"
        return error
    return None


def check(operation: Operation, receiver: Any, arguments: list[Any], what: str, must_fail: bool = True) -> None:
    """It ends as it has to."""
    error = outcome(operation, receiver, arguments)
    is_fine = f"{operation}: {what}" in walk.FINE
    assert not (must_fail and error is None and not is_fine), f"{operation} takes {what}"
    assert not (is_fine and error), f"{operation} does not take {what} any more: {error}"


def test_the_model_is_reached() -> None:
    assert len(OPERATIONS) > 140
    for operation in OPERATIONS:
        base = getattr(walk.NATIVE, f"{operation.owner}Base") if operation.owner else walk.NATIVE
        assert callable(getattr(base, operation.python, None)), f"Python has no {operation}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_arguments(operation: Operation) -> None:
    world = operation.world()
    check(operation, operation.receiver(world), operation.arguments(world), "nothing wrong", False)
    for place, param in enumerate(operation.params):
        for wrong in walk.bad(param.type):
            world = operation.world()
            arguments = operation.arguments(world)
            arguments[place] = wrong.make(world)
            check(operation, operation.receiver(world), arguments, f"{wrong.name} as {param.name}", wrong.fails)
    walk.check_health()


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_too_many_and_too_few(operation: Operation) -> None:
    world = operation.world()
    arguments = operation.arguments(world)
    needed = sum(not param.is_optional for param in operation.params)
    for given in (*(arguments[:count] for count in range(needed)), [*arguments, None]):
        with pytest.raises(TypeError):
            operation.call(operation.receiver(world), given)


@pytest.mark.parametrize("operation", [it for it in OPERATIONS if it.owner and not it.is_constructor], ids=str)
def test_receivers(operation: Operation) -> None:
    kind = operation.owner or ""
    for name, make in (("an unmade object", walk.unmade), ("a forgetful object", walk.forgetful)):
        check(operation, make(kind), operation.arguments(World()), name)
    world = walk.world_to_close(kind)
    check(operation, world.closed(kind), operation.arguments(world), "a closed object")
    if operation.closes:
        return
    world = World()
    check(operation, World().get(kind), operation.arguments(world), "an object of another store", False)
    check(operation, World(walk.other_engine()).get(kind), operation.arguments(world), "one of another engine", False)
    # The same object twice.
    arguments = [
        world.get(kind) if param.type.get("name") == kind else argument
        for param, argument in zip(operation.params, operation.arguments(world), strict=True)
    ]
    check(operation, world.get(kind), arguments, "itself", False)


@pytest.mark.parametrize("operation", [it for it in OPERATIONS if it.is_constructor], ids=str)
def test_constructors_that_are_called_again(operation: Operation) -> None:
    world = World()
    check(operation, world.get(operation.owner or ""), operation.arguments(world), "an object that was made")
