"""The engine: what compiles modules, and what they share."""

from __future__ import annotations

from collections.abc import Callable

from . import _bindings as raw
from ._closable import Managed
from ._handle import Handle
from ._identity import Constant
from ._surface import BytesLike, call, contents, expect, source
from .config import Config
from .wat import Wasm


class Engine(Constant, Handle[raw.Engine], Managed):
    """Compiles modules, and is shared by everything that is made from them.

    An engine may be used from any thread. Objects of different engines do not fit together. It can be used in a
    `with` statement, which closes it at the end. It is pickled as its configuration, and arrives as the engine that
    `shared` gives for that: the same one for all that arrive with the same configuration. A copy is the engine itself.
    """

    __slots__ = ()

    def __init__(self, config: Config | None = None) -> None:
        """Makes an engine.

        Raises `ConfigError` where settings exclude each other or the machine lacks something.
        """
        settings = raw.Config() if config is None else expect(config, Config, "the config")._to_raw()
        self._raw = call(raw.Engine, settings)

    @classmethod
    def shared(cls, config: Config | None = None) -> Engine:
        """The engine of this process for that configuration: the same one for everybody who asks, while anybody has it.

        Raises `ConfigError` as `Engine` does.
        """
        settings = raw.Config() if config is None else expect(config, Config, "the config")._to_raw()
        return cls._wrap(call(raw.Engine.shared, settings))

    @property
    def config(self) -> Config:
        """The configuration that it was made with; changing it changes no engine."""
        return Config._from_raw(call(self._raw.config))

    def increment_epoch(self) -> None:
        """Moves the epoch on by one: guests whose deadline it passes are interrupted.

        It needs `Config.epoch_interruption`, and may be called from any thread.
        """
        call(self._raw.increment_epoch)

    def is_pulley(self) -> bool:
        """Whether guests run on the portable interpreter."""
        return call(self._raw.is_pulley)

    def precompile(self, wasm: Wasm) -> bytes:
        """Compiles a module from the binary or the text format to what `Module.deserialize` takes.

        It may be for another machine (`Config.target`). Raises as `Module` does.
        """
        return call(self._raw.precompile, source(wasm, "the module"))

    def accepts(self, artifact: BytesLike) -> bool:
        """Whether `Module.deserialize` takes that artifact for this engine: undamaged, and of the same version and
        configuration."""
        return call(self._raw.accepts, contents(artifact, "the artifact"))

    def compatibility_hash(self) -> int:
        """A number that is the same for engines whose artifacts fit each other."""
        return call(self._raw.compatibility_hash)

    def close(self) -> None:
        """Closes the engine: it can no longer be used. What was made with it goes on working.

        Closing twice does nothing.
        """
        call(self._raw.release)

    def __reduce__(self) -> tuple[Callable[[Config], Engine], tuple[Config]]:
        # Nothing can be made with a closed one, here or elsewhere.
        self.is_pulley()
        return type(self).shared, (self.config,)

    def _said(self) -> str:
        return ", interpreting" if self.is_pulley() else ""
