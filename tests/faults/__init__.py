"""The fault harness: a rig of four kinds of camera under fault after fault (docs/faults.md)."""
