"""config.toml: where it is found, what may stand in it, how it is read, checked and saved."""

OPTIONAL = frozenset({"roi", "source", "deadline"})
"""A camera's settings that the file may leave out for good: no value that it could hold says so."""


def is_left_out(key: str, value: object) -> bool:
    """Whether a value for a camera's setting takes it out of the file."""
    return key in OPTIONAL and value in (None, "")
