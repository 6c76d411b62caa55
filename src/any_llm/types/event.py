"""What a hook is told of one request: who, how much, how it went."""

from __future__ import annotations

import msgspec

__all__ = ["RequestEvent"]


class RequestEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One request that has ended, or one run of a model in this process. Names and counts only: no text, no key."""

    provider: str
    model: str
    """As the caller wrote it; "list_models" for a list of models."""
    attempt: int
    """1 for the first time these inputs are sent, one more for each time they are sent again."""
    inputs: int
    tokens: int | None = None
    """As the reply counts them; None where it does not, or there was none."""
    status: int | None = None
    """HTTP status; None where there was no reply, and for a model in this process."""
    seconds: float
    """From when it went until its reply was read."""
    error: str | None = None
    """Name of the error's class; "Ended" where the call was over before this request was; None: it went well."""
    wait: float | None = None
    """Seconds until it is tried again; only on_retry is told."""
    request_id: str | None = None
    """The provider's own name for it."""
