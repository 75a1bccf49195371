"""Settings as attributes that can be set, called and read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Generic, Self, SupportsIndex, TypeVar, cast, overload

from ._ffi import expect, wrong_type
from ._made import Made
from ._native import index, natural

T = TypeVar("T")
Owner = TypeVar("Owner", bound="Configurable")


class Configurable(Made):
    """What has settings. It keeps each under its name."""

    __slots__ = ()
    _values: dict[str, Any]

    def __copy__(self) -> Self:
        return self._copied(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        from copy import deepcopy

        return self._copied(lambda value: deepcopy(value, memo))

    def _copied(self, copy: Callable[[object], object]) -> Self:
        """One with the same settings, which can be changed without this one.

        A callback or a pipe among them stays what it is: a copy of it would get what nobody looks at. `copy` is for
        what a subclass of the user's keeps besides.
        """
        made = type(self).__new__(type(self))
        state: Any = self.__getstate__()
        parts: tuple[dict[str, Any] | None, dict[str, Any] | None]
        parts = cast(Any, state) if isinstance(state, tuple) else (state, None)
        more, slots = parts
        for name, value in (slots or {}).items():
            setattr(made, name, _fresh(value))
        for name, value in (more or {}).items():
            setattr(made, name, copy(value))
        return made

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        # Slots need a protocol of 2 or more, and what it gives works with those before.
        return super().__reduce_ex__(max(2, index(protocol, "the protocol")))

    def _put(self, name: str, value: object) -> None:
        """Keeps what has been checked; `None` means the default."""
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value


def _fresh(value: Any) -> Any:
    """A value whose lists and dictionaries are its own."""
    # By its type: checkers that narrow a value would ask what is in it.
    kind: type[object] = value.__class__
    if issubclass(kind, dict):
        return {name: _fresh(item) for name, item in value.items()}
    return list(value) if issubclass(kind, list) else value


@cache
def documents_of(kind: type) -> dict[str, str]:
    """The texts below the settings in the source of a class: for Python itself, an attribute has no document."""
    # Only who asks for help needs them.
    import ast
    import inspect
    from itertools import pairwise

    try:
        (made,) = ast.parse(inspect.getsource(kind)).body
    except (OSError, TypeError, SyntaxError, ValueError):
        # A program may have come without its source.
        return {}
    found: dict[str, str] = {}
    for setting, text in pairwise(made.body if isinstance(made, ast.ClassDef) else []):
        targets = setting.targets if isinstance(setting, ast.Assign) else [getattr(setting, "target", None)]
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(targets[0], ast.Name):
            found[targets[0].id] = inspect.cleandoc(str(text.value.value))
    return found


class _Document:
    """The document of a class, and another one for each of its objects."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __get__(self, owner: Any, kind: type) -> str | None:
        return self._text if owner is None else owner._document()


class Setting(Made, Generic[Owner, T]):
    __doc__ = _Document(  # pyright: ignore[reportAssignmentType]
        "One setting of one object: read it as `.value`, or call it to set it."
    )
    __slots__ = ("_check", "_name", "_owner")

    def __init__(self, owner: Owner, name: str, check: Callable[[object, str], T]) -> None:
        self._owner, self._name, self._check = owner, name, check

    @property
    def value(self) -> T | None:
        """What it is set to; `None` is the default."""
        return self._owner._values.get(self._name)

    def __call__(self, value: T | None) -> Owner:
        """Sets it, and gives the object that it belongs to, so that settings can be chained. `None` is the default."""
        if isinstance(value, Setting):
            raise wrong_type(f"{self._name} is a Setting: expected what it is set to, which its `.value` gives")
        self._owner._put(self._name, None if value is None else self._check(value, self._name))
        return self._owner

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self._plain() == (other._plain() if isinstance(other, Setting) else other))

    def _plain(self) -> object:
        return self.value

    def _document(self) -> str | None:
        knob: Knob[T] = getattr(type(self._owner), self._name)
        return knob._document()

    def __reduce__(self) -> str | tuple[Any, ...]:
        # The setting of its owner, or of the owner's copy.
        return getattr, (self._owner, self._name)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.value)


class Knob(Generic[T]):
    __doc__ = _Document(  # pyright: ignore[reportAssignmentType]
        "A setting as an attribute: `config.x = 1` and `config.x(1)` do the same."
    )

    def __init__(self, check: Callable[[object, str], T]) -> None:
        self._check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._of = name, owner

    def _document(self) -> str | None:
        return documents_of(self._of).get(self._name)

    def __repr__(self) -> str:
        return f"<setting {self._of.__name__}.{self._name}>"

    @overload
    def __get__(self, owner: None, kind: type) -> Knob[T]: ...
    @overload
    def __get__(self, owner: Owner, kind: type) -> Setting[Owner, T]: ...
    def __get__(self, owner: Owner | None, kind: type) -> Knob[T] | Setting[Owner, T]:
        return self if owner is None else Setting(owner, self._name, self._check)

    def __set__(self, owner: Configurable, value: T | None) -> None:
        Setting(owner, self._name, self._check)(value)


def switch() -> Knob[bool]:
    """A setting that is on or off."""
    return Knob(lambda value, name: expect(value, bool, name))


def size() -> Knob[int]:
    """A setting that is a number, 0 or more."""
    return Knob(natural)
