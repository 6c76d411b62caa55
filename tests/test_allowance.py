"""Is every form understood in which a provider says how much is left, and when to come back?"""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import RateLimitError
from any_llm.flow.allowance import allowances, asked, seconds
from by_hand import WALL, a_call, a_setting, bad, play, reply

TIMES = [
    # word -> seconds from now; the clock stands at 2026-11-18T11:06:40Z
    ("2", 2.0),
    ("0", 0.0),
    ("0.5", 0.5),
    (" 7 ", 7.0),
    ("33011.382867", 33011.382867),  # Cerebras
    ("1s", 1.0),  # OpenAI, and below
    ("6m0s", 360.0),
    ("20ms", 0.02),
    ("1m30.951s", 90.951),
    ("2m59.56s", 179.56),  # Groq
    ("4h17m", 15420.0),  # SambaNova
    ("1d2h", 93600.0),
    ("100µs", 0.0001),
    ("100us", 0.0001),
    ("5ns", 5e-9),
    (f"{WALL + 90:.0f}", 90.0),  # Cohere: epoch seconds
    (f"{WALL - 90:.0f}", 0.0),
    (f"{(WALL + 90) * 1000:.0f}", 90.0),  # OpenRouter: epoch milliseconds
    ("2026-11-18T11:07:40Z", 60.0),
    ("2026-11-18T11:07:40.500+00:00", 60.5),
    ("2026-11-18T13:07:40+02:00", 60.0),
    ("2026-11-18T11:07:40", 60.0),
    ("2026-11-18T11:05:40Z", 0.0),
    (formatdate(WALL + 90, usegmt=True), 90.0),
    (formatdate(WALL - 90, usegmt=True), 0.0),
    (None, None),
    ("", None),
    ("soon", None),
    ("-1", None),
    ("nan", None),
    ("inf", None),
    ("1s later", None),
    ("1.2.3s", None),
    ("m", None),
    ("Mon, 32 Jan 2026 00:00:00 GMT", None),
    ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
    ("1" * 65, None),
]


@pytest.mark.parametrize(("word", "expected"), TIMES)
def test_a_time_from_now(word: str | None, expected: float | None):
    assert seconds(word, WALL) == (None if expected is None else pytest.approx(expected))


dates = st.builds("Mon, {} Jan {} 00:00:00 {}".format, st.integers(1, 40), st.integers(0, 10**20), st.text("+-0Z"))
isos = st.builds(
    "{:04}-{:02}-{:02}T{:02}:00:00{}".format,
    *(st.integers(0, 9999), st.integers(0, 70), st.integers(0, 70), st.integers(0, 70), st.text("+-0Z:")),
)
spans = st.text("0123456789.dhmsuµn")


@given(st.text(max_size=20) | dates | isos | spans)
def test_no_word_is_worse_than_none(word: str):
    found = seconds(word, WALL)
    assert found is None or 0 <= found < float("inf")


def google(delay: str) -> bytes:
    details = b'[{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "%s"}]' % delay.encode()
    return b'{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": %s}}' % details


OPENAI = {
    "x_ratelimit_limit_requests": "60", "x_ratelimit_remaining_requests": "59", "x_ratelimit_reset_requests": "1s",
    "x_ratelimit_limit_tokens": "150000", "x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "45s",
}  # fmt: skip
ASKED = [
    # status, body, headers -> seconds
    (429, b"", {}, None),
    (429, b"", {"retry_after": "2"}, 2.0),
    (503, b"", {"retry_after": "2"}, 2.0),
    (429, b"", {"retry_after": formatdate(WALL + 90, usegmt=True)}, 90.0),
    (429, b"", {"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
    (429, b"", {"retry_after_ms": "soon", "retry_after": "9"}, 9.0),
    (429, b"", {"retry_after_ms": "-1"}, None),
    (429, google("17s"), {}, 17.0),
    (429, b"[" + google("3.5s") + b"]", {}, 3.5),
    (429, google("17s"), {"retry_after": "2"}, 2.0),
    (429, google("soon"), {}, None),
    (503, google("12s"), {}, 12.0),
    (429, b"", OPENAI, 45.0),  # requests are left, so it is the tokens
    (429, b"", {**OPENAI, "retry_after": "2"}, 2.0),
    (429, b"", {**OPENAI, "x_ratelimit_remaining_tokens": "9"}, None),  # reset is when all is back, not when some is
    (500, b"", OPENAI, None),
    (429, b"", {"x_ratelimit_reset": f"{WALL + 30:.0f}"}, 30.0),  # Cohere
    (429, b"", {"x_ratelimit_remaining": "0", "x_ratelimit_reset": f"{(WALL + 30) * 1000:.0f}"}, 30.0),  # OpenRouter
    (429, b"", {"x_ratelimit_remaining_req_minute": "0"}, 20.0),  # Mistral: the clock's next minute
    (429, b"", {"x_ratelimit_reset_requests": "later"}, None),
    (429, b"", {"ratelimit": '"api";r=0;t=55', "ratelimit_policy": '"fixed window";"api";q=500;w=300'}, 55.0),
    (429, b"", {"ratelimit_remaining": "0", "ratelimit_reset": "53"}, 53.0),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "headers", "expected"), ASKED)
def test_what_a_provider_asks_for(status: int, body: bytes, headers: dict[str, str], expected: float | None):
    assert asked(reply(body, status, **headers), WALL) == (None if expected is None else pytest.approx(expected))


LEFT = [
    ("OpenAI", OPENAI, [("requests", 59, 60, 1), ("tokens", 0, 150_000, 45)]),
    ("Azure", {"x_ratelimit_remaining_requests": "9", "x_ratelimit_remaining_tokens": "800"},
     [("requests", 9, None, 20), ("tokens", 800, None, 20)]),
    ("Azure, GitHub", {"x_ratelimit_limit_tokens": "2000000", "x_ratelimit_remaining_tokens": "1999962",
                       "x_ratelimit_renewalperiod_tokens": "60", "x_ratelimit_reset_tokens": "1"},
     [("tokens", 1_999_962, 2_000_000, 1)]),
    ("Mistral", {"x_ratelimit_limit_req_minute": "60", "x_ratelimit_limit_tokens_minute": "50000",
                 "x_ratelimit_limit_tokens_month": "4000000", "x_ratelimit_remaining_req_minute": "59",
                 "x_ratelimit_remaining_tokens_minute": "47196", "x_ratelimit_remaining_tokens_month": "3950246",
                 "x_ratelimit_tokens_query_cost": "2804"},
     [("requests", 59, 60, 20), ("tokens", 47_196, 50_000, 20)]),
    ("Mistral until 2025", {"x_ratelimitbysize_limit_minute": "500000", "x_ratelimitbysize_remaining_minute": "499000",
                            "ratelimitbysize_reset": "45"}, [("tokens", 499_000, 500_000, 45)]),
    ("Fireworks", {"x_ratelimit_limit_tokens_prompt": "7200000", "x_ratelimit_remaining_tokens_prompt": "7193993"},
     [("tokens", 7_193_993, 7_200_000, 20)]),
    ("Together", {"x_ratelimit_limit": "10", "x_ratelimit_remaining": "9", "x_ratelimit_reset": "1",
                  "x_tokenlimit_limit": "3000", "x_tokenlimit_remaining": "2000"},
     [("requests", 9, 10, 1), ("tokens", 2000, 3000, 1)]),
    ("watsonx", {"x_requests_limit_rate": "8", "x_requests_limit_remaining": "7"}, [("requests", 7, 8, 1)]),
    ("Jina", {"x_ratelimit_remaining_requests": "499"}, [("requests", 499, None, 20)]),
    ("IETF, to draft 07", {"ratelimit_limit": "300", "ratelimit_remaining": "280", "ratelimit_reset": "53"},
     [("requests", 280, 300, 53)]),
    ("IETF, Hugging Face", {"ratelimit": '"api";r=9;t=55', "ratelimit_policy": '"fixed window";"api";q=500;w=300'},
     [("requests", 9, 500, 55)]),
    ("nobody", {"retry_after": "3"}, []),
    ("no number", {"x_ratelimit_remaining_requests": "many"}, []),
    ("below nothing", {"x_ratelimit_remaining_requests": "-1"}, []),
    ("a reset alone, and all is well", {"x_ratelimit_reset_requests": "3s"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "expected"), [pytest.param(*line[1:], id=line[0]) for line in LEFT])
def test_what_is_left(headers: dict[str, str], expected: list[tuple]):
    assert list(map(tuple, allowances(reply(b"", **headers), WALL))) == expected


RETRY_AFTER = [
    # headers -> what the error says, as the provider wrote it, or in seconds
    ({"retry_after": "61"}, "61"),
    ({"retry_after": formatdate(WALL + 90, usegmt=True)}, formatdate(WALL + 90, usegmt=True)),
    ({"retry_after_ms": "61500"}, "61.5"),
    ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "6m0s"}, "360"),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "said"), RETRY_AFTER)
def test_the_error_says_when_to_come_back(headers: dict[str, str], said: str | None):
    error = play(a_setting(a_call(), retries=0 if said is None else 2), [bad(429, **headers)]).error
    assert isinstance(error, RateLimitError)
    assert error.retry_after == said


def test_google_says_it_in_the_body():
    error = play(a_setting(a_call("gemini", "m")), [reply(google("61s"), 429)]).error
    assert isinstance(error, RateLimitError)
    assert error.retry_after == "61"
