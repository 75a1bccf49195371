"""Values of components that Python has no type of its own for."""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

from .. import _record
from .._made import Made

if TYPE_CHECKING:
    # Type checkers have it, whatever is installed.
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any, covariant=True)
else:
    from typing import TypeVar

    T = TypeVar("T", covariant=True)


class Record(Made):
    """A record: named fields, which are its attributes.

    A field `first-name` is the attribute `first_name`; `getattr(record, "first-name")` finds it as well. A component
    takes any object that has the attributes, and a dictionary by the names of the type or of the attributes.
    """

    def __init__(self, /, **fields: Any) -> None:
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

    @recursive_repr("Record(...)")
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


class Some(_Wrapped, Generic[T]):
    """A value in an option. Only an option of an option needs it: any other one is the value itself, or `None`."""

    __slots__ = ("value",)
    value: T
    """The value."""

    def __init__(self, value: T) -> None:
        """The option that has this value."""
        self._set(value=value)

    def __repr__(self) -> str:
        return f"Some({self.value!r})"


class Ok(_Wrapped, Generic[T]):
    """A result that succeeded, with its value, or `None` where it has none."""

    __slots__ = ("value",)
    value: T
    """The value."""

    def __init__(self, value: T = None) -> None:  # type: ignore[assignment]
        """The result that succeeded with this value."""
        self._set(value=value)


class Err(_Wrapped, Generic[T]):
    """A result that failed, with its error, or `None` where it has none."""

    __slots__ = ("value",)
    value: T
    """The error."""

    def __init__(self, value: T = None) -> None:  # type: ignore[assignment]
        """The result that failed with this error."""
        self._set(value=value)


class ResultError(Exception, Generic[T]):
    """A function returned the error of its result, which is the `value`.

    Generated bindings raise it, or a class of their own that derives from it. A function of the host raises it, too: it
    then returns the error.
    """

    def __init__(self, value: T = None) -> None:  # type: ignore[assignment]
        """Stands for that error, or for one without a value."""
        super().__init__(value)

    @property
    def value(self) -> T:
        """The error."""
        return cast(T, self.args[0])

    def __str__(self) -> str:
        return "" if self.args[0] is None else str(self.args[0])
