"""config.toml: where it is found, what may stand in it, how it is read, checked and saved."""

OPTIONAL = frozenset({"roi", "source"})
"""A camera's settings that the file may leave out for good: no value that it could hold says so."""
