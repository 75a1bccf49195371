"""All steps of shared cases, which `tests/cases/README.md` lists."""

from __future__ import annotations

from case_component_async import ComponentAsyncCase
from case_items import ItemCase
from case_memory import MemoryCase
from case_store import StoreCase


class World(ComponentAsyncCase, MemoryCase, ItemCase, StoreCase):
    """Runs the steps of a case."""
