"""Deadlines: a time limit for several calls together."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest

from endless import ENGINE, MODULE, Guest, soon
from guests import config
from trimaran import (
    BusyError,
    ClosedError,
    ConfigError,
    Engine,
    Func,
    FuncType,
    Instance,
    Interruption,
    RangeError,
    Store,
    TimeLimitTrap,
    Trap,
)


def test_a_deadline_covers_all_calls_of_its_thread() -> None:
    guest = Guest()
    with soon(), guest.store.deadline(0.2):
        assert guest("fine") == 42
        with pytest.raises(TimeLimitTrap):
            guest("spin")
        with pytest.raises(TimeLimitTrap):
            guest("fine")
        with pytest.raises(TimeLimitTrap):
            Instance(guest.store, MODULE, [Func(guest.store, FuncType([], []), lambda: None)])
        thread = threading.Thread(target=guest, args=["fine"])
        thread.start()
        thread.join()
    guest.check()


def test_a_deadline_and_a_timeout() -> None:
    guest = Guest()
    # Whichever comes first, in both orders.
    guest.store.set_timeout(0.05)
    with soon(), guest.store.deadline(60), pytest.raises(TimeLimitTrap):
        guest("spin")
    guest.store.set_timeout(60)
    with soon(), guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.deadline(0.05), guest.store.deadline(60), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.deadline(60), guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
        guest("spin")
    guest.check()


def test_a_deadline_in_a_host_function() -> None:
    guest, outer = Guest(), Store(ENGINE)

    def host() -> None:
        with guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
            guest("spin")

    func = Func(outer, FuncType([], []), host)
    with soon():
        func(outer)
    guest.check()


def spinning(guest: Guest) -> threading.Thread:
    """A thread that is in the store, until its guest is interrupted."""

    def spin() -> None:
        with pytest.raises(Trap):
            guest("spin")

    spinner = threading.Thread(target=spin)
    spinner.start()
    time.sleep(0.05)
    return spinner


def test_a_deadline_covers_waiting_for_the_store() -> None:
    guest = Guest()
    handle, spinner = guest.store.interrupt_handle(), spinning(guest)
    with soon(), guest.store.deadline(0.1), pytest.raises(TimeLimitTrap):
        guest("fine")
    with soon(), guest.store.deadline(0.1), pytest.raises(TimeLimitTrap):
        guest.store.gc()
    assert spinner.is_alive()
    handle.interrupt()
    spinner.join()
    guest.check()


def test_a_deadline_covers_waiting_to_close() -> None:
    guest = Guest()
    handle, spinner = guest.store.interrupt_handle(), spinning(guest)
    with soon(), guest.store.deadline(0.1), pytest.raises(TimeLimitTrap):
        guest.store.close()
    assert guest.store.closed and spinner.is_alive()
    handle.interrupt()
    spinner.join()
    with pytest.raises(ClosedError):
        guest("fine")


def test_a_handle_between_the_calls_of_a_deadline() -> None:
    guest = Guest()
    handle = guest.store.interrupt_handle()
    with guest.store.deadline(None):
        assert guest("fine") == 42
        assert handle.interrupt() is True
        for _ in range(2):
            with pytest.raises(Trap) as caught:
                guest("fine")
            assert caught.value.interruption is Interruption.HANDLE
    assert handle.interrupt() is False
    guest.check()


def test_a_deadline_is_of_one_use_at_a_time() -> None:
    store = Store(ENGINE)
    deadline = store.deadline(1)
    with deadline, pytest.raises(BusyError, match="has begun already"):
        deadline.__enter__()
    # Ended, it may begin again.
    with deadline:
        store.close()
    with pytest.raises(ClosedError):
        deadline.__enter__()
    with pytest.raises(ConfigError, match="epoch_interruption"):
        Store(Engine(config())).deadline(1).__enter__()
    with pytest.raises(RangeError, match="the deadline is -1: expected 0 or more seconds"):
        store.deadline(-1)


def test_a_deadline_ends_on_its_own_thread_alone() -> None:
    guest = Guest()
    deadline, failures = guest.store.deadline(0.1), list[str]()

    def leave() -> None:
        try:
            deadline.__exit__(None, None, None)
        except BusyError as error:
            failures.append(str(error))

    with soon(), deadline:
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        assert len(failures) == 1 and "no such deadline" in failures[0]
        # It goes on.
        with pytest.raises(TimeLimitTrap):
            guest("spin")
    guest.check()


def test_a_deadline_in_a_turn_and_a_turn_in_a_deadline() -> None:
    guest = Guest()
    with soon(), guest.store.turn(), guest.store.deadline(0.05), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.deadline(0.05), guest.store.turn(), pytest.raises(TimeLimitTrap):
        guest("spin")
    with soon(), guest.store.turn():
        guest.store.set_timeout(0.05)
        with pytest.raises(TimeLimitTrap):
            guest("spin")
        guest.store.set_timeout(None)
        assert guest("fine") == 42
    guest.check()


def test_a_deadline_of_a_thread_that_has_ended_is_of_no_other() -> None:
    guest, kept, ends = Guest(), list[Generator[None]](), list[object]()

    def open_ended() -> Generator[None]:
        with guest.store.deadline(0.01):
            yield

    def leave() -> None:
        kept.append(open_ended())
        next(kept[-1])

    for work in (leave, lambda: ends.append(guest("fine"))):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.02)
    assert ends == [42] * 8
    # None of them is under way.
    assert guest.store.interrupt_handle().interrupt() is False
