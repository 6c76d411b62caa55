"""What does a reply of 2,048 vectors of 1,536 cost, from the bytes of its body to a numpy matrix? Writes decode.json.

Run: .venv/bin/python benchmarks/decode.py [--form full] [--only omniembed]
No network. The whole of a call without it is measured: of this package, its conversation with a provider played by hand
(request, reply, every check, response); of OpenAI's SDK, its call over a transport that has the reply already; and what
one might write oneself, orjson and numpy, without a check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import clients
from meter import Meter, Peak
from provider import Replies
from rounds import Comparison, arguments, chosen, main
from vectors import check_matrix, texts

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 1536
CLIENTS = {
    "omniembed": "no_network.decode",
    "openai": "openai_sdk.decode",
    "orjson and numpy": "by_hand.decode",
}
FORMS = {
    "tiny": {"rounds": 1, "count": 16},
    "short": {"rounds": 7, "count": 2048, "without": "openai, numbers"},
    "full": {"rounds": 15, "count": 2048},
}
"""OpenAI's SDK takes 8 seconds for such a reply of numbers, for it looks at each of them."""


def measure(client: str, kind: str, count: int) -> Callable[[], dict[str, float]]:
    """Milliseconds of CPU, and megabytes at most beyond the body: those of the matrix are among them."""
    base64 = kind == "base64"
    replies = Replies(WIDTH)
    asked = texts(count)
    body = b"".join(replies.body(asked, base64=base64))
    call = clients.load(client)(base64=base64)
    call(b"".join(replies.body(asked[:1], base64=base64)), asked[:1])
    first = True

    def run() -> dict[str, float]:
        nonlocal first
        with Peak() as peak, Meter() as meter:
            found: Any = call(body, asked)
        check_matrix(asked, found, WIDTH)
        figures = {"cpu_ms": meter.cpu * 1e3}
        if first and peak.bytes is not None:
            figures["peak_mb"] = peak.bytes / 1e6
        first = False
        return figures

    return run


def compare() -> None:
    """All clients, base64 and numbers. The first round of a process says what memory it takes."""
    asked = arguments(FORMS)
    form = FORMS[asked.form]
    found = Comparison()
    for kind in ("base64", "numbers"):
        labels = {f"{label}, {kind}": client for label, client in CLIENTS.items()}
        labels.pop(form.get("without"), None)
        found.add(__file__, chosen(labels, asked.only), form["rounds"], kind=kind, count=form["count"])
    found.write(asked)


if __name__ == "__main__":
    main(measure, compare)
