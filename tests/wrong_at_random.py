"""What a provider's replies may be: right, wrong in ways that can be told, or none at all. A table to draw from."""

from __future__ import annotations

import random
import zlib
from array import array
from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from any_llm.wire import Reply, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@cache
def vector_of(text: str) -> tuple[float, ...]:
    """A vector that only this text has. Its first value is exact in float32."""
    return (float(zlib.crc32(text.encode()) & 0xFFFFFF), len(text) + 0.5, -1.0)


@cache
def _as_json(text: str) -> bytes:
    return msgspec.json.encode(vector_of(text))


@cache
def _as_base64(text: str) -> bytes:
    return b'"%s"' % b64encode(array("f", vector_of(text)).tobytes())


def tokens_of(text: str) -> int:
    """What the server counts."""
    return len(text) // 4 + 1


class Habits(msgspec.Struct):
    """How a server writes what is right, and what its client can know."""

    base64: bool = False
    numbers: bool = True
    """Each vector has its index."""
    shuffles: bool = False
    asked: bool = False
    """The client asked for a width."""
    settled: bool = False
    """The client has had a right reply in this call, so that another width, or model, can be told wrong."""


def written(habits: Habits, texts: Sequence[str], vectors: Sequence[bytes], *, model: bytes = b"m") -> Reply:
    """A 200 with these vectors."""
    order = list(range(len(vectors)))
    if habits.shuffles:
        random.Random(len(texts)).shuffle(order)  # noqa: S311
    if habits.numbers:
        items = [b'{"index":%d,"embedding":%s}' % (at, vectors[at]) for at in order]
    else:
        items = [b'{"embedding":%s}' % each for each in vectors]
    tokens = sum(map(tokens_of, texts))
    usage = b'{"prompt_tokens":%d,"total_tokens":%d}' % (tokens, tokens + 1)
    return Reply(200, {}, b'{"data":[%s],"model":"%s","usage":%s}' % (b",".join(items), model, usage))


def right(habits: Habits, texts: Sequence[str]) -> list[bytes]:
    """Every text's own vector, as it is written."""
    return list(map(_as_base64 if habits.base64 else _as_json, texts))


def changed(change: Callable[[list[bytes], int, random.Random], None]) -> Any:
    """A 200 in which the vectors are changed, beginning with one of them."""

    def wrong(habits: Habits, texts: Sequence[str], chance: random.Random) -> Reply:
        vectors = right(habits, texts)
        told = [at for at, text in enumerate(texts) if text.strip()]  # of a blank one, zeros are no fault
        if told:
            change(vectors, chance.choice(told), chance)
        return written(habits, texts, vectors)

    return wrong


def put(value: bytes) -> Any:
    """One vector is this."""

    def change(vectors: list[bytes], at: int, _: random.Random) -> None:
        vectors[at] = value

    return changed(change)


def renumbered(find: bytes, by: bytes) -> Any:
    """The first index that is this becomes that."""
    return lambda habits, texts, _: msgspec.structs.replace(
        reply := written(habits, texts, right(habits, texts)), body=reply.body.replace(find, by, 1)
    )


def cut(habits: Habits, texts: Sequence[str], chance: random.Random) -> Reply:
    """A 200 whose JSON ends too soon."""
    body = written(habits, texts, right(habits, texts)).body
    return Reply(200, {}, body[: chance.randrange(len(body))])


def refusal(status: int, message: str = "no", code: str = "", **headers: str) -> Any:
    """A refusal."""
    body = msgspec.json.encode({"error": {"message": message, "code": code or None}})
    reply = Reply(status, {name.replace("_", "-"): word for name, word in headers.items()}, body)
    return lambda *_: reply


def silence(words: str, **how: bool) -> Any:
    """No reply, or half of one."""
    return lambda *_: TransportError(words, **how)


def refused(*_: Any) -> TransportError:
    """No connection: the server never hears of it."""
    error = TransportError("connection refused")
    error.sent = 0
    return error


def misfit(vector: bytes) -> Any:
    """One vector is of another width; alone, where nobody could know, it is right."""
    change = put(vector)

    def wrong(habits: Habits, texts: Sequence[str], chance: random.Random) -> Reply:
        if len(texts) == 1 and not (habits.asked or habits.settled):
            return written(habits, texts, right(habits, texts))
        reply: Reply = change(habits, texts, chance)
        return reply

    return wrong


def narrow(habits: Habits, texts: Sequence[str], _: random.Random) -> Reply:
    """A 200 whose vectors all lack the last value: one that nobody could know is wrong is right instead."""
    if not (habits.asked or habits.settled):
        return written(habits, texts, right(habits, texts))
    return written(habits, texts, [msgspec.json.encode(vector_of(text)[:-1]) for text in texts])


def foreign(habits: Habits, texts: Sequence[str], _: random.Random) -> Reply:
    """A 200 of another model, whose vectors mean something else."""
    if not habits.settled:
        return written(habits, texts, right(habits, texts))
    return written(habits, texts, [b"[1,2,3]"] * len(texts), model=b"other")


def swap(vectors: list[bytes], at: int, _: random.Random) -> None:
    """One is missing, another is there twice."""
    vectors[at] = vectors[at - 1]
    if len(vectors) > 1:
        del vectors[at - 1]
    else:
        vectors.append(vectors[0])


FLOATS = array("f", [1.0, float("nan"), 2.0]).tobytes()
WRONG: dict[str, Any] = {
    "shuffled": lambda habits, texts, _: written(habits, texts, right(habits, texts)),  # see Server.reply
    "one too few": changed(lambda vectors, at, _: vectors.__delitem__(at)),
    "one too many": changed(lambda vectors, at, _: vectors.append(vectors[at])),
    "only the first": changed(lambda vectors, _, __: vectors.__delitem__(slice(1, None))),
    "one for another": changed(swap),
    "none": changed(lambda vectors, _, __: vectors.clear()),
    "an index twice": renumbered(b'"index":0', b'"index":1'),
    "an index from afar": renumbered(b'"index":0', b'"index":512'),
    "an index below zero": renumbered(b'"index":0', b'"index":-1'),
    "an index that is null": renumbered(b'"index":0', b'"index":null'),
    "null": put(b"null"),
    "NaN": put(b"[1,NaN,2]"),
    "1e400": put(b"[1,1e400,2]"),
    "1e39": put(b"[1,1e39,2]"),
    "NaN in base64": put(b'"%s"' % b64encode(FLOATS)),
    "base64 cut": put(b'"%s"' % b64encode(FLOATS)[:-4]),
    "no base64": put(b'"@@@@@@@@@@@@@@@@"'),
    "all zero": put(b"[0,0,-0.0]"),
    "ragged": misfit(b"[1,2]"),
    "too wide": misfit(b"[1,2,3,4]"),
    "empty": put(b"[]"),
    "a matrix": put(b"[[1,2,3]]"),
    "words": put(b'["1","2","3"]'),
    "narrow": narrow,
    "foreign": foreign,
    "cut": cut,
    "an error with 200": refusal(200),
    "400": refusal(400),
    "413": refusal(413, "Request entity too large"),
    "a cap": refusal(422, "batch size 64 > maximum allowed batch size 2"),
    "a cap of tokens": refusal(400, "requested 4000 tokens, max 30 tokens per request", "max_tokens_per_request"),
    "401": refusal(401),
    "408": refusal(408),
    "409": refusal(409),
    "429": refusal(429),
    "429 for a while": refusal(429, retry_after="7"),
    "429 for a moment": refusal(429, retry_after_ms="3"),
    "429 for long": refusal(429, retry_after="3600"),
    "429 for want of money": refusal(429, code="insufficient_quota"),
    "500": refusal(500),
    "503": refusal(503, retry_after="1"),
    "504": refusal(504),
    "301": refusal(301, location="http://127.0.0.1/"),
    "refused": refused,
    "reset": silence("reset"),
    "late": silence("no answer in time", timed_out=True),
    "cut off": silence("the reply was cut off", begun=True),
    "no host": silence("no such host", retryable=False),
}
PERSISTENT = ("400", "413", "500", "null", "NaN", "all zero", "1e39", "empty", "words", "only the first", "no base64")
"""What may be wrong about one text, whatever it comes with."""
