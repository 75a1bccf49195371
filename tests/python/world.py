"""All steps of shared cases, which `tests/cases/README.md` lists."""

from __future__ import annotations

from case_component import ComponentCase
from case_items import ItemCase
from case_linker import LinkerCase
from case_memory import MemoryCase
from case_store import StoreCase


class World(ComponentCase, LinkerCase, MemoryCase, ItemCase, StoreCase):
    """Runs the steps of a case."""
