"""The engine: what compiles modules, and what they share."""

from __future__ import annotations

from . import _bindings as raw
from ._closable import Closable
from ._handle import Handle
from ._surface import call, expect
from .config import Config
from .error import ClosedError


class Engine(Handle[raw.Engine], Closable):
    """Compiles modules, and is shared by everything that is made from them.

    An engine may be used from any thread. Objects of different engines do not fit together. It can be used in a
    `with` statement, which closes it at the end.
    """

    __slots__ = ()

    def __init__(self, config: Config | None = None) -> None:
        """Makes an engine.

        Raises `ConfigError` where settings exclude each other or the machine lacks something.
        """
        settings = raw.Config() if config is None else expect(config, Config, "the config")._to_raw()
        self._raw = call(raw.Engine, settings)

    def increment_epoch(self) -> None:
        """Moves the epoch on by one: guests whose deadline it passes are interrupted.

        It needs `Config.epoch_interruption`, and may be called from any thread.
        """
        call(self._raw.increment_epoch)

    def is_pulley(self) -> bool:
        """Whether guests run on the portable interpreter."""
        return call(self._raw.is_pulley)

    def close(self) -> None:
        """Closes the engine: it can no longer be used. What was made with it goes on working.

        Closing twice does nothing.
        """
        call(self._raw.release)

    def __repr__(self) -> str:
        try:
            return "<Engine, interpreting>" if self.is_pulley() else "<Engine>"
        except ClosedError:
            return "<Engine, closed>"
