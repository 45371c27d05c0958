"""Puts placeholders where a text or a value differs from machine to machine, or run to run."""

import json
import re
from collections.abc import Mapping, Set
from typing import Any

PATTERNS = [
    (r"\b(pid(?:\":)?) \d+", r"\1 <pid>"),
    (r"(another|\d+ other) engines? of yours runs?\b", "<others> engines of yours run"),
    (r"\bpts/\d+", "<terminal>"),
    (r"state/pmv-tui/[^/\s\"]+", "state/pmv-tui/<rig>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+", "<local time>"),
    (r"(?<![^\s\"])[\w.:+=^!/*?&<>()\[\]{}@%$#-]{40}(?=[\s,\"]|$)", "<public key>"),
]
"""What differs in texts."""

MEASURED = frozenset(
    {
        *("pid", "started", "host", "version", "last_event", "id", "time", "timestamp", "sequence"),
        *("fps", "captured", "skipped", "images", "published_fps", "mb_s", "gaps", "last_age_ms"),
        *("latency_p50_ms", "latency_p99_ms", "latency_max_ms"),
        *("clock_offset_ms", "clock_drift_ppm"),
        *("free_bytes", "time_ns"),
    }
)
"""Keys whose values differ: what is pinned of them is the type, or that they may be null."""

MAY_BE_NULL = frozenset({"skipped", "clock_offset_ms", "clock_drift_ppm"})


class Stable:
    """The placeholders of one rig.

    Parameters
    ----------
    known : texts that differ, such as its folder, with what stands for each.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        longest_first = sorted(known, key=len, reverse=True)
        self._patterns = [
            *((rf"(?<!\d){re.escape(each)}(?!\d)", known[each]) for each in longest_first),
            *PATTERNS,
        ]

    def text(self, text: str) -> str:
        """Return a text with its placeholders."""
        for pattern, placeholder in self._patterns:
            text = re.sub(pattern, placeholder, text)
        return text

    def value(self, value: Any, measured: Set[str] = MEASURED, key: object = None) -> Any:
        """Return a decoded value with its placeholders; the order of keys stays."""
        match value:
            case dict():
                return {
                    self.value(name, frozenset()): self.value(one, measured, name)
                    for name, one in value.items()
                }
            case list():
                return [self.value(each, measured, key) for each in value]
            case _ if key in measured & MAY_BE_NULL:
                return "<number or null>"
            case _ if key in measured:
                return f"<{type(value).__name__}>"
            case str():
                return self.text(value)
            case bytes():
                return value.hex()
            case _:
                return value

    def line(self, value: Any, measured: Set[str] = MEASURED) -> str:
        """Write a value as JSON on a line."""
        return json.dumps(self.value(value, measured), ensure_ascii=False)

    def json(self, value: Any) -> str:
        """Write a value as JSON, a key a line."""
        return json.dumps(self.value(value), ensure_ascii=False, indent=2) + "\n"
