"""Whole HTTP replies that are wrong, or odd, by name: what a server answers that was reached and failed."""

from __future__ import annotations

import json
from base64 import b64encode
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from faults import WIRE, Fault, body_of, broken, half, right, sends
from loopback import Answer
from numbered import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from loopback import Request

LIMIT = {"message": "Rate limit reached for requests", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
EMPTY = {"message": "You exceeded your current quota.", "type": "insufficient_quota", "code": "insufficient_quota"}
RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"
PROBED = {400, 422, 500, 502, 503, 504}
HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>"


def remade(change: Callable[[list[dict[str, Any]]], Any], **more: Any) -> Callable[[Request], Answer]:
    """Change the list of items, in place or by giving another."""

    def answer(request: Request) -> Answer:
        reply = json.loads(body_of(request))
        data = change(reply["data"])
        return Answer(json={**reply, "data": reply["data"] if data is None else data, **more})

    return answer


def vector(position: int, value: Any) -> Callable[[Request], Answer]:
    """Put something else in one vector's place; bytes stand as they are."""

    def answer(request: Request) -> Answer:
        reply = json.loads(body_of(request))
        reply["data"][position]["embedding"] = "@@@" if isinstance(value, bytes) else value
        text = json.dumps(reply).encode()
        return Answer(body=text.replace(b'"@@@"', value) if isinstance(value, bytes) else text)

    return answer


def packed(numbers: bytes) -> Callable[[Request], Answer]:
    """Give these bytes in base64 for each vector."""
    return remade(lambda data: [{**item, "embedding": b64encode(numbers).decode()} for item in data])


def instead(change: Callable[[bytes], bytes], status: int = 200) -> Callable[[Request], Answer]:
    """Send something made of the right body."""
    return lambda request: Answer(status, body=change(body_of(request)))


def renumbered(*indexes: Any) -> Callable[[Request], Answer]:
    """Number the vectors so."""
    return remade(lambda data: [{**item, "index": index} for item, index in zip(data, indexes, strict=True)])


def refuses(status: int, error: str, *, again: bool = False, **answer: Any) -> Fault:
    """A status, and what it becomes."""
    shown = {"json": {"error": {"message": "no"}}, **answer}
    if "body" in shown:
        del shown["json"]
    return Fault(answer=lambda _: Answer(status, **shown), error=error, again=again, probed=status in PROBED)


def limited(headers: dict[str, str] | None = None, *, again: bool = True, **error: Any) -> Fault:
    """Too many requests, with these headers."""
    kind = "RateLimitError" if error.get("code") != "insufficient_quota" else "InsufficientFundsError"
    return Fault(
        answer=lambda _: Answer(429, json={"error": error or LIMIT}, headers=headers or {}), error=kind, again=again
    )


def redirects(status: int, location: str | None, target: str) -> Fault:
    """Point elsewhere: the error says where to, less what may be secret."""
    headers = {} if location is None else {"location": location}
    words = f"redirects to {target}; a redirect is never followed with a key. Set api_base"
    return Fault(answer=lambda _: Answer(status, headers=headers), error="ProviderError", words=words, again=False)


REPLIES: dict[str, Fault] = {
    "400": refuses(400, "InvalidRequestError"),
    "401": refuses(401, "AuthenticationError"),
    "402": refuses(402, "InsufficientFundsError"),
    "403": refuses(403, "AuthenticationError"),
    "404": refuses(404, "ModelNotFoundError"),
    "404 as a page": refuses(404, "ModelNotFoundError", body=HTML),
    "405 without a body": refuses(405, "InvalidRequestError", body=b""),
    "408": refuses(408, "ProviderTimeoutError", again=True),
    "409": refuses(409, "InvalidRequestError", again=True),
    "422": refuses(422, "InvalidRequestError"),
    "425": refuses(425, "InvalidRequestError", again=True),
    "500": refuses(500, "ProviderError", again=True),
    "500 in bytes of no encoding": refuses(500, "ProviderError", again=True, body=b"\xff\xfe\x00"),
    "500 without end": Fault(
        answer=lambda _: Answer(500, body=b"x" * (3 << 20)), error="ProviderError", probed=True
    ),
    "501": refuses(501, "ProviderError"),
    "502 as a page": refuses(502, "UpstreamProviderError", again=True, body=HTML),
    "503": refuses(503, "ProviderError", again=True),
    "504": refuses(504, "GatewayTimeoutError", again=True),
    "529": refuses(529, "ProviderError", again=True),
    "599": refuses(599, "ProviderError"),
    "400 cut off": Fault(
        answer=sends(b"HTTP/1.1 400 No\r\nContent-Length: 99\r\n\r\n", half),
        error="InvalidRequestError", again=False, probed=True,
    ),
    "429": limited(),
    "429, at once": limited({"retry-after": "0"}),
    "429, in a fraction of a second": limited({"retry-after": "0.05"}),
    "429, in milliseconds": limited({"retry-after-ms": "20", "retry-after": "3000"}),
    "429, at a date gone by": limited({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "429, at a date far off": limited({"retry-after": formatdate(4e9, usegmt=True)}, again=False),
    "429, in an hour": limited({"retry-after": "3600"}, again=False),
    "429, before now": limited({"retry-after": "-5"}),
    "429, at NaN": limited({"retry-after": "nan"}),
    "429, soon": limited({"retry-after": "soon"}),
    "429, until all is back": limited({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}),
    "429, until epoch": limited({"x-ratelimit-reset": "1"}),
    "429, in the words of Google": limited(details=[{"@type": RETRY_INFO, "retryDelay": "0.02s"}]),
    "429, and in an hour, in the words of Google": limited(
        again=False, details=[{"@type": RETRY_INFO, "retryDelay": "3600s"}]
    ),
    "429 for want of money": limited(again=False, **EMPTY),
    "301": redirects(301, "https://elsewhere.invalid/v1/embeddings", "https://elsewhere.invalid/v1/embeddings"),
    "302 without a word where": redirects(302, None, "no address"),
    "303": redirects(303, "http://me:pw@elsewhere.invalid:81/other?key=1#x", "http://elsewhere.invalid:81/other"),
    "307": redirects(307, "//elsewhere.invalid/", "http://elsewhere.invalid/"),
    "308 to nowhere": redirects(308, "http://[::1", "no address"),
    "308 to its key": redirects(308, f"https://elsewhere.invalid/{KEY}", "https://elsewhere.invalid/***"),
    "304": redirects(304, None, "no address"),
    "204": broken(lambda _: Answer(204, headers={"content-length": "0"})),
    "200 without a body": broken(lambda _: Answer(200)),
    "200 as a page": broken(lambda _: Answer(200, body=HTML)),
    "200 with an error": broken(
        lambda request: Answer(200, json={"error": {"message": f"overloaded, {request.headers['authorization']}"}}),
        words="it says: overloaded, Bearer ***",
    ),
    "200 with null": broken(lambda _: Answer(200, body=b"null")),
    "201": right(instead(lambda body: body, 201)),
    "JSON cut": broken(instead(lambda body: body[:-1])),
    "JSON twice": broken(instead(lambda body: body + body)),
    "JSON without end": broken(instead(lambda _: b'{"data": ' * 50_000)),
    "UTF-8 no more": broken(instead(lambda body: body.replace(b'"m"', b'"\xff"'))),
    "UTF-16": broken(instead(lambda body: body.decode().encode("utf-16"))),
    "a mark before JSON": broken(instead(lambda body: b"\xef\xbb\xbf" + body)),
    "spaces around JSON": right(instead(lambda body: b" \r\n\t" + body + b"\n\n")),
    "no usage": right(remade(lambda _: None, usage=None)),
    "usage of nothing": right(remade(lambda _: None, usage={"prompt_tokens": 0, "total_tokens": 0})),
    "usage below zero": right(remade(lambda _: None, usage={"prompt_tokens": -1})),
    "usage in words": right(remade(lambda _: None, usage={"prompt_tokens": "few"})),
    "no model": right(remade(lambda _: None, model=None)),
    "fields nobody knows": right(remade(lambda _: None, new={"field": [1]})),
    "no list": broken(remade(lambda _: None, data=3)),
    "null for a list": broken(remade(lambda _: None, data=None)),
    "no vectors": broken(remade(lambda _: [])),
    "one vector too few": broken(remade(lambda data: data[:-1])),
    "only the first": broken(remade(lambda data: data[:1])),
    "an item that is null": broken(remade(lambda data: [data[0], None, data[2]])),
    "a list in a list": broken(remade(lambda data: [data])),
    "one vector too many": broken(remade(lambda data: [*data, data[0]])),
    "shuffled": right(remade(lambda data: data[::-1])),
    "no indexes": right(remade(lambda data: [{"embedding": item["embedding"]} for item in data])),
    "an index twice": broken(renumbered(0, 1, 1)),
    "an index missing": broken(renumbered(0, 1, 3)),
    "an index below zero": broken(renumbered(-1, 0, 1)),
    "indexes from one": broken(renumbered(1, 2, 3)),
    "an index as a string": broken(renumbered("0", "1", "2")),
    "an index that is true": broken(renumbered(0, *[True], 2)),
    "indexes with a point": broken(renumbered(0.0, 1.0, 2.0)),
    "indexes with a half": broken(renumbered(0, 0.5, 1)),
    "an index that is null": broken(renumbered(0, None, 2)),
    "NaN": broken(vector(1, b"[NaN, 1.0]"), words="finite", index=1),
    "nan": broken(vector(1, b"[1.0,nan]"), words="finite", index=1),
    "Infinity": broken(vector(1, b"[-Infinity, 1.0]"), words="finite", index=1),
    "inf": broken(vector(1, b"[\n inf,\n 1.0]"), words="finite", index=1),
    "1e400": broken(vector(1, b"[1e400, 1.0]"), index=1),
    "1e39": broken(vector(1, b"[1e39, 1.0]"), index=1),
    "numbers as strings": broken(vector(1, ["1.0", "1.0"]), index=1),
    "null for a vector": broken(vector(1, None), index=1),
    "null for a value": broken(vector(1, [1.0, None]), index=1),
    "an empty vector": broken(vector(1, []), index=1),
    "a zero vector": broken(vector(1, [0.0, -0.0]), index=1),
    "ragged": broken(vector(2, [1.0]), index=2),
    "ragged from the first": broken(vector(0, [1.0]), index=0),
    "base64 for one of them": broken(vector(1, "AACAPwAAgD8="), index=1),
    "a vector left out": broken(remade(lambda data: [data[0], {"index": 1}, data[2]])),
    "a matrix for a vector": broken(vector(1, [[1.0, 1.0]]), index=1),
    "an object for a vector": broken(vector(1, {"float": [1.0, 1.0]}), index=1),
    "base64 of five bytes": broken(packed(b"12345"), index=0),
    "base64 of NaN": broken(packed(b"\0\0\xc0\x7f" * 2), index=0),
    "base64 of nothing": broken(packed(b""), index=0),
    "no base64": broken(remade(lambda data: [{**item, "embedding": "@" * 8} for item in data]), index=0),
}  # fmt: skip
"""What goes wrong at the server."""
FAULTS = {**WIRE, **REPLIES}
