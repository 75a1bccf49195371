"""Limits for modules: which ones may be compiled."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any, Self

from ._ffi import milliseconds
from ._native import untrusted_config
from ._numeric_record import NumericRecord

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class ModuleLimitChanges(TypedDict, total=False):
        """The fields of `ModuleLimits`, any of them."""

        size: int | None
        types: int | None
        functions: int | None
        imports: int | None
        exports: int | None
        globals: int | None
        locals: int | None
        function_size: int | None
        nesting: int | None
        compile_time: float | None


class ModuleLimits(NumericRecord):
    """How large a module may be, for `Config.module_limits`. `None` is no limit.

    A module past a limit raises `LimitError`. All limits but `compile_time` are checked before the compiler runs.
    """

    __slots__ = (
        "size",
        "types",
        "functions",
        "imports",
        "exports",
        "globals",
        "locals",
        "function_size",
        "nesting",
        "compile_time",
    )
    size: int | None
    """The bytes of all of it."""
    types: int | None
    """How many types it defines."""
    functions: int | None
    """How many functions it has."""
    imports: int | None
    """How many things it imports."""
    exports: int | None
    """How many things it exports."""
    globals: int | None
    """How many globals it has."""
    locals: int | None
    """How many locals one function has."""
    function_size: int | None
    """The bytes of one function."""
    nesting: int | None
    """How deep blocks stand in blocks."""
    compile_time: float | None
    """How long compiling may take, in seconds. It cannot be ended: it goes on in the background, for nothing."""

    def __init__(
        self,
        *,
        size: int | None = None,
        types: int | None = None,
        functions: int | None = None,
        imports: int | None = None,
        exports: int | None = None,
        globals: int | None = None,
        locals: int | None = None,
        function_size: int | None = None,
        nesting: int | None = None,
        compile_time: float | None = None,
    ) -> None:
        """Limits; each number is 0 or more."""
        # One of them has the name of that function.
        self._take(builtins.locals())

    @classmethod
    def untrusted(cls, **changes: Unpack[ModuleLimitChanges]) -> Self:
        """The limits of `Config.untrusted`, except for `changes`: `ModuleLimits.untrusted(functions=100)`."""
        return cls._from_raw(untrusted_config()["module_limits"])._replaced(changes)

    def replace(self, **changes: Unpack[ModuleLimitChanges]) -> Self:
        """The same limits, except for `changes`, as in `limits.replace(functions=100)`. `copy.replace` does the same.

        Raises as the constructor does.
        """
        return self._replaced(changes)

    __replace__ = replace

    def _checked(self, name: str, value: Any) -> Any:
        if name != "compile_time":
            return super()._checked(name, value)
        time = milliseconds(value, name)
        # As exact as the core has it.
        return None if time is None else time / 1000

    @classmethod
    def _from_raw(cls, figures: Any) -> Self:
        time = figures["compile_time"]
        made = cls.__new__(cls)
        given = {name: figures[name] for name in cls._fields()}
        made._set(**given | {"compile_time": None if time is None else time / 1000})
        return made

    def _to_raw(self) -> Any:
        time = self.compile_time
        # It is a whole number of them, but for what a float makes of it.
        return super()._to_raw() | {"compile_time": None if time is None else round(time * 1000)}
