"""How many requests a call took, and why more than one a batch."""

from __future__ import annotations

from typing import NamedTuple


class Requests(NamedTuple):
    """What a call sent. Requests for tokens, and those that ask whether a provider is done, are not counted."""

    sent: int = 0
    """All that went over a connection, at least in part."""
    retried: int = 0
    """Of those: the same batch again."""
    halved: int = 0
    """Of those: smaller ones, for a batch that was too large or held a bad input, and plain words to tell which."""
    deduplicated: int = 0
    """Inputs that were not sent, for an equal one was."""
    possibly_billed_twice: int = 0
    """Of those: requests whose reply was lost or could not be used, and whose inputs were sent again."""
    cached: int = 0
    """Inputs that were not sent, for their vectors were in the cache, or another call of this process fetched them."""
