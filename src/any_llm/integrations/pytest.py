"""The fixture `any_llm_fake`: a provider on this machine, for tests of your own, that fails as they tell it to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = ("hangs up", "shuffled", "short", "NaN", "zeros")


class Fake:
    """Answers as OpenAI does, with the vectors of the provider `fake`."""

    def __init__(self) -> None:
        """Nothing was asked yet, and nothing goes wrong."""
        self.url, self.key = "", f"fake-{uuid4().hex}"  # a new key: nothing was learnt of it before
        self.requests: list[list[str]] = []
        """The texts of each request, of those that failed too."""
        self._faults: list[tuple[int | str, float, str | None]] = []
        self._lock = threading.Lock()

    def fails(self, how: int | str, *, times: float = 1, on: str | None = None) -> None:
        """Fail the next requests: so many, `math.inf` for all; with `on`, those that hold this text.

        `how`: a status (429: busy, 503: down, 401: a wrong key, 400: the texts), "hangs up", or a reply that is
        "shuffled" (which is put right), "short", "NaN" or "zeros".
        """
        if isinstance(how, str) and how not in WORDS:
            raise ValueError(f"how: a status, or one of {', '.join(WORDS)}; not {how!r}.")
        self._faults.append((how, times, on))

    def answer(self, texts: list[str]) -> int | str | None:
        """Say what goes wrong with a request of these."""
        with self._lock:
            self.requests.append(texts)
            for position, (how, times, on) in enumerate(self._faults):
                if times > 0 and (on is None or on in texts):
                    self._faults[position] = (how, times - 1, on)
                    return how
        return None


@pytest.fixture
def any_llm_fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Answer on this machine for provider openai: its two variables lead there until the test ends."""
    from any_llm.integrations.fake_server import serving  # noqa: PLC0415  # pytest starts without it

    fake = Fake()
    with serving(fake.answer) as fake.url:
        monkeypatch.setenv("OPENAI_API_KEY", fake.key)
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        yield fake
