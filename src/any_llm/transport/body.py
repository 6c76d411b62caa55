"""A reply's body as it arrives: decompressed, and never more of it than its request allows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from any_llm.wire import Reply, TransportError, UnusableReplyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.wire import Send

OK = range(200, 300)
REFUSAL = 1 << 20
"""Bytes of a refusal that are read; its status and headers say the rest."""
PLAIN = frozenset({"", "identity"})
GZIP = frozenset({"gzip", "x-gzip"})
COMPRESSED = GZIP | {"deflate"}
EITHER = 32 + zlib.MAX_WBITS
"""zlib's word for: gzip or zlib, whichever its first bytes say."""
CUT = "the reply was cut off"


class Body:
    """Collects the pieces of one reply.

    A refusal may be cut: its status counts, whatever becomes of its words. Anything else must come whole.
    """

    def __init__(self, send: Send, status: int, headers: Mapping[str, str]) -> None:
        """Raise UnusableReplyError when its headers already say that it cannot be read."""
        self._status = status
        self._headers = headers
        self._refusal = status not in OK
        self.limit = min(send.limit, REFUSAL) if self._refusal else send.limit
        """Bytes, decompressed, that are kept."""
        self._kept: bytes | bytearray = b""
        coding = headers.get("content-encoding", "").strip().lower()
        self._members = coding in GZIP
        self._inflate = zlib.decompressobj(EITHER) if coding in COMPRESSED else None
        self.plain = coding in PLAIN and not self._refusal
        """Whether all of it is kept, as it comes."""
        known = coding in PLAIN or self._inflate is not None
        if not known and not self._refusal:
            raise UnusableReplyError("its reply is compressed in a way that was not asked for (gzip is read)")
        self.full = not known
        """True when no more of it is wanted."""
        length = headers.get("content-length", "")
        if length and int(length) > self.limit and not self._refusal:
            raise self._too_large()

    def add(self, data: bytes | bytearray) -> None:
        """Take the next piece. Raises UnusableReplyError when it is one too many, or not what its headers say."""
        if self.full:
            return
        if self._inflate is None:
            self._keep(data)
            return
        try:
            self._decompress(data)
        except zlib.error:
            if not self._refusal:
                raise UnusableReplyError("its reply is not compressed as its headers say") from None
            self.full = True

    def _decompress(self, data: bytes | bytearray) -> None:
        while data and not self.full:
            if self._inflate.eof:  # type: ignore[union-attr]  # only called with one
                if not self._members:
                    return
                self._inflate = zlib.decompressobj(EITHER)  # gzip may go on with another member
            inflate = self._inflate
            self._keep(inflate.decompress(data, self.limit - len(self._kept) + 1))  # type: ignore[union-attr]
            data = inflate.unconsumed_tail or inflate.unused_data  # type: ignore[union-attr]

    def _keep(self, data: bytes | bytearray) -> None:
        if not self._kept:
            self._kept = data
        else:  # pieces are put together as they come: small ones, kept apart, would take twenty times their size
            if isinstance(self._kept, bytes):
                self._kept = bytearray(self._kept)
            self._kept += data
        if len(self._kept) > self.limit:
            if not self._refusal:
                raise self._too_large()
            self.full = True

    def cut(self, error: TransportError) -> Reply:
        """Settle for what came before this error: enough of a refusal. Raises the error otherwise."""
        if not self._refusal or error.timed_out:
            raise error from None
        return self.reply()

    def whole(self) -> Reply:
        """Nothing more will come. Raises TransportError when something is missing."""
        if self._inflate is not None and not self._inflate.eof and self._kept and not self._refusal:
            raise TransportError(CUT, begun=True)
        return self.reply()

    def reply(self) -> Reply:
        """What came."""
        kept = self._kept
        return Reply(self._status, self._headers, kept if len(kept) <= self.limit else kept[: self.limit])

    def _too_large(self) -> UnusableReplyError:
        return UnusableReplyError(f"its reply is larger than {self.limit:,} bytes, far more than its request can need")
