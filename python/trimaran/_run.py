"""Goes on with the calls of guests that wait, in the caller's own task."""

from __future__ import annotations

import functools
import sys
from contextvars import ContextVar, copy_context
from enum import Enum, auto
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from ._loop import Bell, sleep, turn

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ._native import HostedCall, RunBase


class Came(Enum):
    """What a step of a run came to, where that is no host call."""

    TURN = auto()
    LINE = auto()
    DONE = auto()


# The extension module has them as well.
TURN: Final = Came.TURN
"""Let others have a turn."""
LINE: Final = Came.LINE
"""Others are before it in the store."""
DONE: Final = Came.DONE
"""The guest is over."""

CALL: ContextVar[HostedCall] = ContextVar("trimaran_call")
"""The host call that a task works for: what it calls in that store goes on top of the guest that waits."""
# The extension module sets it for as long as a host function is awaited.
ENTER, LEAVE = CALL.set, CALL.reset


_COROUTINE = 0x80
"""The flag of the code of an `async def`."""


def waits(function: object) -> bool:
    """Whether it is an async function, as `inspect.iscoroutinefunction` says, or an object with an async `__call__`.

    That module takes longer to import than this package.
    """
    bare: Any = function
    while isinstance(bare, (MethodType, functools.partial)):
        bare = bare.__func__ if isinstance(bare, MethodType) else bare.func
    call = bare if isinstance(bare, FunctionType) else type(bare).__call__
    if isinstance(call, FunctionType) and call.__code__.co_flags & _COROUTINE:
        return True
    # It may be marked as one, or stand for one, as a mock does: whoever has done that has imported the module.
    inspect: Any = sys.modules.get("inspect")
    return inspect is not None and bool(inspect.iscoroutinefunction(bare) or inspect.iscoroutinefunction(call))


async def drive(run: RunBase) -> Any:
    """Goes on with a run until its guest is over. What that waits for is awaited here."""
    try:
        step = run._waits()
        while step is not DONE:
            if step is TURN:
                step = await _after_turn(run)
            elif step is LINE:
                step = await _in_line(run)
            elif step.__class__ is float:
                await sleep(step)
                step = run._go_on()
            else:
                try:
                    value = await step
                except BaseException as error:
                    # It raises the error again, unless that is one which a component is to see.
                    step = run._fail(error)
                else:
                    step = run._answer(value)
    except BaseException:
        # The guest ends here, whatever its host function raised. Whoever has the exception has this frame as well, and
        # so the run would not end by itself.
        run._cancel()
        raise
    return run._result()


async def _after_turn(run: RunBase) -> Any:
    """Lets others have a turn, and goes on: on a thread of the store's executor, if it has one."""
    executor = run._store._executor
    if executor is not None:
        return await _elsewhere(run, executor)
    await turn()
    return run._go_on()


async def _in_line(run: RunBase) -> Any:
    """Waits until others have let the run go on."""
    while True:
        bell = Bell.here()
        step = run._go_on(bell.ring)
        if step is not LINE:
            return step
        await bell.wait()


async def _elsewhere(run: RunBase, executor: Executor) -> Any:
    """Goes on with a guest that computes on another thread, in a copy of this context."""
    bell = Bell.here()
    future = executor.submit(copy_context().run, run._advance)
    future.add_done_callback(lambda _: bell.ring())
    try:
        await bell.wait()
    except GeneratorExit:
        raise
    except BaseException:
        # The guest ends at the next tick, and this task waits for that: its thread is free then.
        run._cancel()
        if not future.cancel():
            await bell.wait_to_end()
        raise
    future.result()
    return run._waits()
