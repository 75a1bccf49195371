"""Gives a guest host functions, which read its memory, and may stop it: host_functions.py PLUGIN."""

import sys
from collections.abc import Callable
from pathlib import Path

from trimaran import Caller, Engine, Func, FuncType, Instance, Module, Store, ValType

I32 = ValType.i32()


class Enough(Exception):
    """What this program stops a guest with."""


class Plugins:
    """Plugins, which count the words of a text."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self.module = Module.from_file(store.engine, path)
        self.word = Func(store, FuncType([I32, I32], []), self.show, access_caller=True)

    @staticmethod
    def show(caller: Caller, start: int, length: int) -> None:
        # The caller is the instance that calls. Its exports are at hand.
        print(f"the guest says: {caller.memory('memory').read_string(caller, start, length)}")

    def plugin(self, limit: Callable[[int], int]) -> Instance:
        """A plugin, where `limit` says how many words it may count."""
        return Instance(self.store, self.module, [self.word, Func(self.store, FuncType([I32], [I32]), limit)])

    def count(self, text: str, plugin: Instance) -> int:
        """Has a plugin count the words of a text."""
        length = plugin.memory(self.store, "memory").write(self.store, text.encode())
        words: int = plugin.func(self.store, "words")(self.store, 0, length)
        return words


def main(path: str) -> None:
    with Store(Engine()) as store:
        plugins = Plugins(store, Path(path))
        patient = plugins.plugin(lambda _count: 1000)
        print(f"{plugins.count('a language is a world', patient)} words")

        # The bytes themselves, without a copy.
        view = patient.memory(store, "memory").view(store, 0, 2)
        print(f"first {len(view)} bytes by a view: {view.hex(' ')}")

        enough = Enough("no more of this")

        def limit(count: int) -> int:
            if count == 2:
                raise enough
            return 1000

        stopped = plugins.plugin(limit)
        try:
            plugins.count("stop here now", stopped)
        except Enough as error:
            assert error is enough
            print(f"stopped by the host: {error}")
        print(f"the count that the guest had come to: {stopped.global_(store, 'count').value(store)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__)
        sys.exit(2)
    main(sys.argv[1])
