"""A server on this machine in a provider's place: it refuses, hangs up or answers as a test says."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from any_llm.integrations.fake_reply import reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def serving(asked: Callable[[list[str]], int | str | None]) -> Iterator[str]:
    """Give the address. `asked` is told the texts of each request and says what goes wrong: a status, or a word."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, asked)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request a connection."""

    def __init__(self, asked: Callable[[list[str]], int | str | None], *given: Any) -> None:
        """Answer, as http.server has it."""
        self._asked = asked
        super().__init__(*given)

    def do_POST(self) -> None:
        """Answer as OpenAI does, or as the test says."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        how = self._asked(asked["input"])
        if how == "hangs up":
            return
        self.send_response(how if isinstance(how, int) else 200)
        self.end_headers()
        refusal = {"error": {"message": f"any_llm_fake answers {how}, as the test says"}}
        self.wfile.write(json.dumps(refusal if isinstance(how, int) else reply(asked, how)).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
