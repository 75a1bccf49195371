"""The packages of engines, which may not be installed."""

from __future__ import annotations

from importlib.util import find_spec


def needs(extra: str, *packages: str) -> None:
    """Raises `ImportError` unless the packages are there. They come with an extra of this package's."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"{' and '.join(missing)} cannot be imported: pip install 'trimaran[{extra}]'", name=missing[0]
        )
