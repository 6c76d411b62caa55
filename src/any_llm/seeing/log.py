"""Where log lines go: the logger any_llm of the standard library, which its user sets up."""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("any_llm")
LOGGER.addHandler(logging.NullHandler())
