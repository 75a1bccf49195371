"""Components for the tests of generated bindings, in the text format."""

from __future__ import annotations

from pathlib import Path

MODULES = Path(__file__).parents[1] / "modules"

COUNTERS = (MODULES / "component_counters.wat").read_text()
ASKS = (MODULES / "component_asks.wat").read_text()
