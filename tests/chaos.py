"""A call to a server that does wrong at random, and what must be true of it whatever happened. All from one number."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.flow.search import WORD
from any_llm.providers.row import Limits
from any_llm.providers.table import ROWS
from any_llm.types.usage import Usage
from any_llm.wire import Reply, TransportError
from wrong_at_random import PERSISTENT, WRONG, Habits, refusal, right, silence, tokens_of, vector_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from any_llm.exceptions import AnyLLMError
    from any_llm.types.completion import CreateEmbeddingResponse

CAPS: dict[str, Any] = {
    "named": lambda texts, most: refusal(422, f"batch size {len(texts)} > maximum allowed batch size {most}"),
    "413": lambda *_: refusal(413, "Request entity too large"),
    "nothing said": lambda *_: refusal(400),
    "late": lambda *_: silence("no answer in time", timed_out=True),
}


class Asked(msgspec.Struct):
    """A request's body."""

    input: list[str]
    encoding_format: str | None = None


class Entry(msgspec.Struct):
    """One request in the server's ledger."""

    texts: tuple[str, ...]
    wrong: str = ""
    """What was wrong with its reply."""
    tokens: int | None = None
    """What its reply says of usage; None: nothing that could be read."""
    lost: bool = False
    """Only the server knows whether it was billed: no reply came, or none that is of use."""


class Chosen(random.Random):
    """No chance: it is this one."""

    def choice(self, _: Any) -> Any:
        """As it was decided."""
        return self.at

    def __init__(self, at: int) -> None:
        """Decide."""
        super().__init__(0)
        self.at = at


class Server:
    """Answers each request by chance: the same one the same way, however many come at once."""

    def __init__(self, seed: int, chance: random.Random, texts: Sequence[str], without: Collection[str]) -> None:
        """Begin with an empty ledger."""
        self.seed = seed
        numbers = chance.random() < 0.8
        self.habits = Habits(chance.random() < 0.3, numbers, numbers and chance.random() < 0.5)
        self.rate = chance.choice((0, 0, 0.05, 0.2, 0.5, 0.9))
        self.kinds = chance.sample(list(WRONG), chance.randint(1, 4)) if chance.random() < 0.7 else list(WRONG)
        self.kinds = [kind for kind in self.kinds if kind not in without] or ["null"]
        caps = [cap for cap in CAPS if cap not in without]
        self.cap = (chance.choice(caps), chance.randint(1, 8)) if chance.random() < 0.3 else None
        few = chance.randint(1, 3) if chance.random() < 0.4 else 0
        self.bad = {text: chance.choice(PERSISTENT) for text in chance.sample(texts, min(few, len(texts)))}
        self.refuses_base64 = chance.random() < 0.1
        self.ledger: list[Entry] = []
        self._seen: Counter[tuple[str, ...]] = Counter()

    def serve(self, body: bytes) -> Reply | TransportError:
        """Answer one request."""
        asked = msgspec.json.decode(body, type=Asked)
        texts = tuple(asked.input)
        self._seen[texts] += 1
        chance = random.Random(zlib.crc32(repr((self.seed, self._seen[texts], texts)).encode()))  # noqa: S311
        entry = Entry(texts)
        entry.wrong, wrong = self._wrong(texts, asked, chance)
        reply = wrong() if wrong else written(self.habits, texts, right(self.habits, texts))
        if not (isinstance(reply, TransportError) and reply.sent == 0):
            self.ledger.append(entry)
        if not isinstance(reply, Reply):
            entry.lost = True
        elif reply.status == 200:
            readable = entry.wrong not in {"cut", "an error with 200"}
            entry.tokens = sum(map(tokens_of, texts)) if readable else None
            entry.lost = reply.body != written(self.habits, texts, right(self.habits, texts)).body
            self.habits.settled |= not entry.lost and texts != (WORD,)
        return reply

    def _wrong(
        self, texts: Sequence[str], asked: Asked, chance: random.Random
    ) -> tuple[str, Callable[[], Reply | TransportError] | None]:
        if self.refuses_base64 and asked.encoding_format:
            return "base64", refusal(400, "unknown field encoding_format")
        if self.cap is not None and len(texts) > self.cap[1]:
            return "cap", CAPS[self.cap[0]](texts, self.cap[1])
        for at, text in enumerate(texts):
            if text in self.bad:
                return self.bad[text], partial(WRONG[self.bad[text]], self.habits, texts, Chosen(at))
        if chance.random() < self.rate:
            kind = chance.choice(self.kinds)
            return kind, partial(WRONG[kind], self.habits, texts, chance)
        return "", None


class Chaos:
    """One number's call, and its server."""

    def __init__(self, seed: int, without: Collection[str] = ()) -> None:
        """Draw everything, but these faults."""
        chance = random.Random(seed)  # noqa: S311
        count = chance.choice((1, 2, 3, 5, 8, 13, 21, 40))
        distinct = [f"{number}" + "x" * chance.choice((0, 0, 1, 9, 40)) for number in range(count)]
        self.inputs = [text if chance.random() < 0.85 else chance.choice([*distinct[:3], "", " "]) for text in distinct]
        self.server = Server(seed, chance, sorted({text for text in self.inputs if text.strip()}), without)
        limits = chance.choice((Limits(), Limits(items=16), Limits(items=2048, tokens=60)))
        self.row = ROWS["openai"]._replace(base64=chance.random() < 0.5, limits=limits, refuses_texts=None)
        self.collects = chance.random() < 0.5
        self.workers = chance.choice((1, 1, 2, 8))
        self.retries = chance.choice((None, 0, 1, 4))
        self.options: dict[str, Any] = {
            "on_error": "collect" if self.collects else None,
            "batch_size": chance.choice((None, None, 1, 2, 3, 7)),
            "dedupe": chance.choice((None, None, False)),
            "dimensions": chance.choice((None, 3)),
        }
        self.server.habits.asked = self.options["dimensions"] is not None
        self._latency = chance.choice((0.1, 5.0))

    def __call__(self, now: float, sent: Any) -> tuple[float, Reply | TransportError]:
        """Serve one request, in virtual time."""
        reply = self.server.serve(sent.send.body)
        return self._latency * (0.5 + zlib.crc32(b"%f" % now) / 2**32), reply

    def judge(
        self, result: CreateEmbeddingResponse | None, error: AnyLLMError | None, *, cancelled: bool = False
    ) -> None:
        """Every law: no vector is wrong, nothing is missing in silence, and what is counted is what was sent.

        `cancelled`: other requests were under way when it ended, of which nobody knows if the server has heard.
        """
        if error is not None:
            result = error.partial
        if not self.server.rate:
            self._at_ease(result, error)
        if result is None:
            return
        missing = set()
        for index, (item, text) in enumerate(zip(result.data, self.inputs, strict=True)):
            assert item.index == index
            if item.embedding is None:
                missing.add(index)
            else:
                assert tuple(item.embedding) == vector_of(text), (index, text, item.embedding)
        if error is None:
            assert missing == result.errors.keys()
            assert not missing or self.collects
        assert len(self.server.ledger) <= 40 + 12 * len(self.inputs)
        assert all(each.index == at for at, each in result.errors.items() if len(self.inputs) > 1)
        if cancelled:
            return
        ledger = self.server.ledger
        assert result.requests.sent == len(ledger)
        if len(set(self.inputs)) == len(self.inputs) or self.options["dedupe"] is None:
            self._audit(result, ended=error is None)
        read = [entry.tokens for entry in ledger if entry.tokens is not None]
        assert result.usage == Usage(prompt_tokens=sum(read), total_tokens=sum(read) + len(read))

    def _audit(self, result: CreateEmbeddingResponse, *, ended: bool) -> None:
        """Compare what the call counted with what the server saw. Every text is known by itself."""
        ledger, counted = self.server.ledger, result.requests
        seen: Counter[str] = Counter()
        repeated: Counter[tuple[str, ...]] = Counter()
        again = 0
        for entry in ledger:
            again += entry.texts == (WORD,) or any(seen[text] for text in entry.texts)
            seen.update(entry.texts)
            repeated[entry.texts] += 1
        assert counted.retried + counted.halved == again
        lost = [at for at, entry in enumerate(ledger) if entry.lost]
        words = sum(ledger[at].texts == (WORD,) for at in lost)
        later = ({text for entry in ledger[at + 1 :] for text in entry.texts} for at in lost)
        twice = sum(not following.isdisjoint(ledger[at].texts) for at, following in zip(lost, later, strict=True))
        # A word is sent again, or a second time for another batch.
        assert twice - words <= counted.possibly_billed_twice
        assert counted.possibly_billed_twice <= twice or not ended

    def _at_ease(self, result: CreateEmbeddingResponse | None, error: AnyLLMError | None) -> None:
        """Nothing went wrong by chance: bad inputs are found, all of them or the first, and nothing else is amiss."""
        server, impatient = self.server, self.server.cap is not None and self.server.cap[0] == "late"
        bad = [at for at, text in enumerate(self.inputs) if server.bad.get(text, "only the first") != "only the first"]
        if impatient:
            return
        if self.collects or not bad:
            assert error is None
            assert result is not None
            assert [*result.errors] == bad
        else:
            assert error is not None
            assert error.index == bad[0] if self.workers == 1 < len(self.inputs) else error.index in {None, *bad}
        if not (server.bad or server.cap or server.refuses_base64):
            sent = Counter(text for entry in server.ledger for text in entry.texts)
            assert sent == Counter(self.inputs if self.options["dedupe"] is False else set(self.inputs))
