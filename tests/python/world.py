"""All steps of shared cases, which `tests/cases/README.md` lists."""

from __future__ import annotations

from case_component_streams import ComponentStreamsCase
from case_items import ItemCase
from case_memory import MemoryCase
from case_store import StoreCase


class World(ComponentStreamsCase, MemoryCase, ItemCase, StoreCase):
    """Runs the steps of a case."""
