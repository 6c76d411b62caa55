"""Read a reply's head as strictly as the async transport does: http.client forgives what may end in wrong data."""

from __future__ import annotations

from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from http.client import HTTPException, HTTPResponse, RemoteDisconnected, parse_headers

BROKEN = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)


class StrictResponse(HTTPResponse):
    """A reply whose head is whole, and says one thing about its length."""

    def _read_status(self) -> tuple[str, int, str]:
        """Skip every interim reply (1xx): http.client skips 100 alone, and after a 103 the next request read ours."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # http.client's own step
            if status >= 200:  # noqa: PLR2004
                return version, status, reason
            parse_headers(self.fp)

    def begin(self) -> None:
        """Read the head. Raises HTTPException when it cannot be trusted."""
        super().begin()
        if self.fp.raw.ended:  # type: ignore[attr-defined]  # our own reader; http.client takes that for the end of it
            raise RemoteDisconnected("the reply ended in its headers")
        if any(isinstance(defect, BROKEN) for defect in self.msg.defects):
            raise HTTPException("a header line without a colon")
        lengths = self.msg.get_all("content-length", [])
        if lengths and (len(lengths) > 1 or self.chunked or not lengths[0].strip().isdecimal()):
            raise HTTPException("it contradicts itself on its length")

    def _close_conn(self) -> None:
        """Let no other request use a connection on which more has come than this reply."""
        self.fp.raw.finish(self.fp)  # type: ignore[attr-defined]
        super()._close_conn()  # type: ignore[misc]  # http.client's own step
