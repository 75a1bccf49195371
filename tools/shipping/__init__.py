"""Builds what is published, from one native build a target: `tools/release`."""
