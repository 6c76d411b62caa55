"""How does a command say that it cannot go on? With one line, and an exit code."""

from __future__ import annotations

REFUSED = 1
"""The work could not be done."""
USAGE = 2
"""The command line itself is wrong; nothing was tried."""
INTERRUPTED = 130
"""Ctrl-C, as a shell counts it."""
TERMINATED = 143
"""`kill` and `timeout`, as a shell counts them."""
PIPE_CLOSED = 141
"""Whoever read our output stopped reading, as a shell counts it."""


class Failure(Exception):  # noqa: N818  # what failed is the command; the word is said to a person
    """Stop here, say `message` in one line, leave with `code`."""

    def __init__(self, message: str, *, code: int = REFUSED) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.code = code


def one_line(message: str) -> str:
    """Put a message on one line, without what a terminal would obey: a provider's words come from outside."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(message.split()))
