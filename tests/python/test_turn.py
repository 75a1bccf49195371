"""Turns: many calls into a store, with no other thread between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest

from guests import config, guest
from trimaran import BusyError, ClosedError, Engine, Func, FuncType, Store, Turn, ValType, WasmTypeError

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'


def test_no_other_thread_comes_between_the_calls_of_a_turn() -> None:
    store, instance = guest(ADD)
    add = instance.func(store, "add")
    order: list[str] = []

    def other() -> None:
        add(store, 1, 2)
        order.append("other")

    threads = [threading.Thread(target=other) for _ in range(3)]
    with store.turn():
        for thread in threads:
            thread.start()
        for number in range(200):
            assert add(store, number, 1) == number + 1
            # Here another thread has the GIL, and would have the store.
            time.sleep(0.0001)
        order.append("mine")
    for thread in threads:
        thread.join()
    assert order == ["mine", "other", "other", "other"]


def test_turns_lie_in_each_other_and_end_with_their_host_function() -> None:
    store, instance = guest(ADD)
    add = instance.func(store, "add")
    i32 = ValType.i32()

    def host(number: int) -> int:
        # Nothing ends this one: it ends with the host function.
        store.turn().__enter__()
        with store.turn():
            total: int = add(store, number, number)
            return total

    func = Func(store, FuncType([i32], [i32]), host)
    with store.turn(), store.turn():
        assert func(store, 4) == 8
        assert func(store, 5) == 10
    assert func(store, 6) == 12
    assert another_thread_enters(store)


def another_thread_enters(store: Store) -> bool:
    """Whether another thread gets into the store."""
    thread = threading.Thread(target=store.gc)
    thread.start()
    thread.join(20)
    return not thread.is_alive()


def test_a_turn_ends_on_its_own_thread_alone() -> None:
    store, _ = guest(ADD)
    failures: list[BaseException] = []
    turn = store.turn()

    def leave() -> None:
        try:
            turn.__exit__(None, None, None)
        except BusyError as error:
            failures.append(error)

    with turn:
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
    assert len(failures) == 1 and "no turn" in str(failures[0])
    with pytest.raises(BusyError):
        turn.__exit__(None, None, None)
    with pytest.raises(ZeroDivisionError), turn:
        raise ZeroDivisionError
    assert another_thread_enters(store)


def test_a_turn_ends_with_its_thread() -> None:
    store, instance = guest(ADD)
    add, left = instance.func(store, "add"), list[Generator[None]]()

    def rows() -> Generator[None]:
        with store.turn(), store.turn():
            yield

    def leave() -> None:
        # Nothing resumes it.
        left.append(rows())
        next(left[-1])

    for _ in range(3):
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        assert add(store, 1, 2) == 3
        with pytest.raises(BusyError, match="no turn"):
            left[-1].close()
    assert another_thread_enters(store)
    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    store.close()
    with pytest.raises(ClosedError):
        add(store, 1, 2)
    with pytest.raises(BusyError, match="no turn"):
        left[-1].close()


def test_who_waits_for_a_turn_is_told_that_it_is_one() -> None:
    store = Store(Engine(config().epoch_interruption(True)))
    store.set_timeout(0.05)
    failures: list[str] = []

    def enter() -> None:
        for work in (store.gc, store.close):
            try:
                work()
            except BusyError as error:
                failures.append(str(error))

    with store.turn():
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
    assert len(failures) == 2 and all("kept its turn" in failure for failure in failures)


def test_a_store_is_closed_in_a_turn() -> None:
    store, instance = guest(ADD)
    add = instance.func(store, "add")
    with store.turn():
        store.close()
        with pytest.raises(ClosedError):
            add(store, 1, 2)
    with pytest.raises(ClosedError), store.turn():
        pass


def test_a_turn_comes_from_its_store() -> None:
    with pytest.raises(WasmTypeError, match=r"Store\.turn"):
        Turn()
