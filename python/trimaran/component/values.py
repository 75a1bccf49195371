"""Values of components that Python has no type of its own for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from .. import _record
from .._made import Made


class Record(Made):
    """A record: named fields, which are its attributes.

    A field `first-name` is the attribute `first_name`; `getattr(record, "first-name")` finds it as well. A component
    takes any object that has the attributes, and a dictionary by the names of the type or of the attributes.
    """

    def __init__(self, **fields: Any) -> None:
        """Makes a record with those fields."""
        vars(self).update(fields)

    def __getattr__(self, name: str) -> Any:
        # Only for what is not there by that very name.
        try:
            return vars(self)[name.replace("-", "_")]
        except KeyError:
            known = ", ".join(vars(self)) or "none"
            sentence = f"the record has no field {name!r}: its fields are {known}"
            raise AttributeError(sentence, name=name, obj=self) from None

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)[name.replace("-", "_")] = value

    def __delattr__(self, name: str) -> None:
        if vars(self).pop(name.replace("-", "_"), self) is self:
            getattr(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__()]

    def __iter__(self) -> Iterator[Any]:
        """The values of the fields, in their order."""
        return iter(vars(self).values())

    def __eq__(self, other: object) -> bool:
        """Whether the other one has the same fields with equal values. It may be an object of any class."""
        mine = vars(self)
        if isinstance(other, Record):
            return mine == vars(other)
        missing = object()
        return bool(mine) and all(getattr(other, name, missing) == value for name, value in mine.items())

    # Its fields may change.
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Record({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (), dict(vars(self))


class Variant(_record.Record):
    """A value of a variant: the name of its case, and its payload, which is `None` for a case without one."""

    __slots__ = ("tag", "payload")
    tag: str
    """The name of the case."""
    payload: Any
    """The payload."""

    def __init__(self, tag: str, payload: Any = None) -> None:
        """The value of that case."""
        self._set(tag=tag, payload=payload)

    def __repr__(self) -> str:
        return f"Variant({self.tag!r})" if self.payload is None else f"Variant({self.tag!r}, {self.payload!r})"


class _Wrapped(_record.Record):
    __slots__ = ()

    @property
    def tag(self) -> str:
        """The name of the case, as wasmtime-py has it: `some`, `ok` or `err`."""
        return type(self).__name__.lower()

    @property
    def payload(self) -> Any:
        """The value, as wasmtime-py calls it."""
        return self._values()[0]

    def __repr__(self) -> str:
        value = self._values()[0]
        return f"{type(self).__name__}({'' if value is None else repr(value)})"


class Some(_Wrapped):
    """A value in an option. Only an option of an option needs it: any other one is the value itself, or `None`."""

    __slots__ = ("value",)
    value: Any
    """The value."""

    def __init__(self, value: Any) -> None:
        """The option that has this value."""
        self._set(value=value)

    def __repr__(self) -> str:
        return f"Some({self.value!r})"


class Ok(_Wrapped):
    """A result that succeeded, with its value, or `None` where it has none."""

    __slots__ = ("value",)
    value: Any
    """The value."""

    def __init__(self, value: Any = None) -> None:
        """The result that succeeded with this value."""
        self._set(value=value)


class Err(_Wrapped):
    """A result that failed, with its error, or `None` where it has none."""

    __slots__ = ("value",)
    value: Any
    """The error."""

    def __init__(self, value: Any = None) -> None:
        """The result that failed with this error."""
        self._set(value=value)
