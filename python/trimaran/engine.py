"""The engine: what compiles modules, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._closable import Managed
from ._ffi import expect, source
from ._handle import Handle
from ._identity import Constant
from ._native import EngineBase
from .config import Config
from .events import Event, told
from .wat import Wasm


class Engine(EngineBase, Constant, Handle, Managed):
    """Compiles modules. Stores, modules and their objects belong to one engine.

    Any thread may use an engine. Objects of different engines do not fit together. A `with` statement closes the engine
    at its end. A pickle of an engine holds its configuration, and becomes the engine that `shared` gives for that: one
    engine for all pickles with the same configuration. A copy is the engine itself.
    """

    __slots__ = ("__weakref__",)

    def __init__(self, config: Config | None = None) -> None:
        """Makes an engine.

        Raises `ConfigError` if settings exclude each other, or if the machine lacks something.
        """
        self._make(_settings(config))

    @classmethod
    def shared(cls, config: Config | None = None) -> Engine:
        """The engine of this process for that configuration. All callers get the same one, while somebody has it.

        It belongs to all of them: `close` does nothing to it, and neither does a `with` statement.
        Raises `ConfigError` as `Engine` does.
        """
        made = cls.__new__(cls)
        made._make_shared(_settings(config))
        return made

    def __eq__(self, other: object) -> bool:
        # Several objects may stand for one engine.
        return self._number() == other._number() if isinstance(other, Engine) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._number())

    @property
    def config(self) -> Config:
        """Its configuration. A change of that value changes no engine."""
        return Config._from_raw(self._config())

    def precompile(self, wasm: Wasm) -> bytes:
        """Compiles a module from the binary or the text format to what `Module.deserialize` takes.

        It may be for another machine (`Config.target`). Raises as `Module` does.
        """
        return self._precompile(source(wasm, "the module"))

    def set_listener(self, listener: Callable[[Event], object], *, calls: bool = False) -> None:
        """Tells `listener` from now on what is compiled and instantiated, and which guests trap, on the thread of that.

        With `calls` it is told of each call of a guest by the host as well, of stores that are made while it is set. An
        engine has one listener: the last one that is set. It may do what a host function may. What it does itself is
        not told, and what it raises goes to `sys.unraisablehook`. Without a listener nothing is slower.

        ```python
        log = logging.getLogger("guests")
        engine.set_listener(lambda event: log.debug("%s", event))
        ```

        Raises `ClosedError` where the engine is closed.
        """
        self._set_listener((told(listener), expect(calls, bool, "calls")))

    def remove_listener(self) -> None:
        """Tells nobody any more. Raises `ClosedError` where the engine is closed."""
        self._set_listener(None)

    def close(self) -> None:
        """Closes the engine. Its modules and stores go on working.

        A later use raises `ClosedError`. A second `close` does nothing. A `shared` engine stays open, since others use
        it: it goes with the last object that needs it.
        """
        self._release()

    def __reduce__(self) -> tuple[Callable[[Config], Engine], tuple[Config]]:
        # Nothing can be made with a closed one, here or elsewhere.
        self.is_pulley()
        return type(self).shared, (self.config,)

    def _said(self) -> str:
        return ", interpreting" if self.is_pulley() else ""


def _settings(config: object) -> Any:
    return {} if config is None else expect(config, Config, "the config")._to_raw()
