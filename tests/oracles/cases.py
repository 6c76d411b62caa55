"""What is asked of every provider that has it: texts, widths, roles, policies."""

from __future__ import annotations

from oracles.shape import Case

TEXTS = [
    Case("one text", "Hello, world!"),
    Case("two texts", ["First\nline", 'Second "text"']),
    Case("not ASCII", "Füße 🌍 文"),
    Case("not ASCII in a list", ["Füße 🌍 文", "naïve\u2028café", "e\u0301"]),
]
WIDTHS = [
    Case("dimensions, one text", "Hello", dimensions=256),
    Case("dimensions, two texts", ["First", "Second"], dimensions=512),
]
ROLES = [
    Case("query", "Where?", input_type="query"),
    Case("document", ["Here.", "There."], input_type="document"),
    Case("query and dimensions", ["Where?", "When?"], input_type="query", dimensions=256),
]

POLICIES = [
    Case("overflow is an error", "Hello", overflow="error"),
    Case("overflow is cut", ["Hello", "Goodbye"], overflow="truncate"),
]
KINDS = [
    Case("int8", ["First", "Second"], dtype="int8"),
    Case("packed bits", "Hello", dtype="ubinary", dimensions=256),
]
FLOATS = Case("floats asked for", ["Hello", "Goodbye"], extra={"encoding_format": "float"})

ONE_CALL = {"extra_headers": {"X-A": "b"}, "extra_query": {"q": "1"}, "extra_body": {"new": 1}}
