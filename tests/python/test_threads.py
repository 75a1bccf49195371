"""A store on several threads: they take turns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from guests import guest
from sleeper import Sleeper
from trimaran import ClosedError


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


def test_a_second_thread_waits_for_the_call_to_end(sleeper: Sleeper) -> None:
    load = sleeper.func("load")
    order: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sleeper.sleep)
        sleeper.wait_until_asleep()
        began = threading.Event()

        def second() -> None:
            began.set()
            load(sleeper.store, 0)
            order.append("second")

        waiting = pool.submit(second)
        began.wait()
        # The guest sleeps in the store: the second thread can only have to wait.
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.02)
        order.append("host")
        sleeper.wake()
        assert first.result() == 0
        waiting.result()
    assert order == ["host", "second"]


def test_close_waits_for_the_call_of_another_thread(sleeper: Sleeper) -> None:
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(sleeper.sleep)
        sleeper.wait_until_asleep()
        closing = pool.submit(sleeper.store.close)
        with pytest.raises(TimeoutError):
            closing.result(timeout=0.02)
        sleeper.wake()
        assert call.result() == 0
        closing.result()
    assert sleeper.store.closed
    with pytest.raises(ClosedError, match="the store is closed"):
        sleeper.sleep()


def test_python_runs_while_a_guest_does(sleeper: Sleeper) -> None:
    # If the call kept the interpreter's lock, nobody could wake the guest.
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(sleeper.sleep)
        sleeper.wait_until_asleep()
        assert sum(range(1000)) == 499_500
        sleeper.wake()
        assert call.result() == 0


def test_eight_threads_use_one_store() -> None:
    store, instance = guest(
        """(module (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"""
    )
    next_number = instance.func(store, "next")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(next_number, [store] * 4000))
    assert sorted(numbers) == list(range(1, 4001))


def test_objects_may_die_on_any_thread() -> None:
    def make_and_drop() -> None:
        for _ in range(20):
            store, instance = guest('(module (memory (export "m") 1) (func (export "f")))')
            instance.func(store, "f")(store)
            memory = instance.memory(store, "m")
            del store, instance
            del memory

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(make_and_drop) for _ in range(4)]:
            done.result()
