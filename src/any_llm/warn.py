"""At which line does a warning point? At the one outside this package that called, however deep we are."""

from __future__ import annotations

import sys
import warnings

OURS = frozenset({"any_llm", "enum"})
"""LLMProvider("name") calls us back through enum."""


def warn(message: str) -> None:
    """Give a UserWarning."""
    frame, level = sys._getframe(1), 2  # noqa: SLF001  # the only way before 3.12's skip_file_prefixes
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)
