"""Whatever a provider does with over-long inputs, does each input get its own vector, or its own mean?"""

from __future__ import annotations

import math
import re
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.exceptions import ContextLengthExceededError, InvalidRequestError
from any_llm.flow.overflow import SAYINGS, Long, Overflow, said
from any_llm.providers.row import Limits
from any_llm.types.mean import averaged
from any_llm.types.vectors import Vectors
from any_llm.wire import Batch
from by_hand import PROPERTY, bad, good
from planned import Provider, called, vector_of

WINDOW = 40
"""Bytes the provider reads: there every byte is a token."""
MEAN = Overflow(asked="mean", here=True)
REFUSALS = {
    "names it": "This model's maximum context length is 44 tokens, however you requested {got} tokens",
    "names none": "too long, sorry",
}


def provider(words: str) -> Provider:
    def rule(texts):
        longest = max(len(text.encode()) for text in texts)
        refused = bad(400, "context_length_exceeded", words.format(got=longest + 4))
        return refused if longest > WINDOW else None

    return Provider(rule)


def mean_of(pieces):
    rows = Vectors(bytearray().join(array("f", vector_of(piece)).tobytes() for piece in pieces), 3)
    mean = averaged(rows, [len(piece.encode()) for piece in pieces], index=0)
    return memoryview(mean).cast("f").tolist()


long_or_short = st.lists(
    st.text(alphabet="ab é文.\n", min_size=1, max_size=200).filter(lambda text: text.strip()), min_size=1, max_size=12
)


calls = st.fixed_dictionaries(
    {"workers": st.integers(1, 4)},
    optional={"batch_size": st.integers(1, 5), "on_error": st.just("collect"), "dedupe": st.booleans()},
)


@given(inputs=long_or_short, words=st.sampled_from([*REFUSALS]), known=st.booleans(), call=calls)
@PROPERTY
def test_every_input_has_its_vector_or_its_mean(inputs, words, known, call):
    server = provider(REFUSALS[words])
    setting = {"overflow": MEAN, "explicit": Limits(input_tokens=WINDOW + 4) if known else Limits()}
    ended = called(inputs, server, setting=setting, retries=0, **call)
    assert ended.error is None
    answered = set(server.billed)
    assert all(len(text.encode()) <= WINDOW for text in answered)
    for index, (text, item) in enumerate(zip(inputs, ended.result.data, strict=True)):
        if len(text.encode()) <= WINDOW:
            assert item.embedding == vector_of(text)
            assert index not in ended.result.truncated
        else:
            assert index in ended.result.truncated
            assert all(math.isfinite(value) for value in item.embedding)
            assert any(covers(text, line, item.embedding) for line in splits(text, answered))
    assert ended.result.requests.sent == len(server.requests)


def splits(text, answered):
    """Every way to make up the text, blanks too long for a piece apart, of texts that were answered."""
    if not text.strip():
        yield []
        return
    for piece in answered:
        if piece and text.startswith(piece):
            for rest in splits(text[len(piece) :], answered):
                yield [piece, *rest]


def covers(text, line, vector):
    return bool(line) and vector == pytest.approx(mean_of(line), rel=1e-5)


KNOWN = {"overflow": MEAN, "explicit": Limits(input_tokens=WINDOW + 4)}


def test_what_cannot_be_too_long_is_not_searched():
    server = provider(REFUSALS["names none"])
    inputs = [*(f"short {number}" for number in range(60)), "x" * 100]
    ended = called(inputs, server, setting=KNOWN)
    assert ended.result.truncated == (60,)
    assert server.sizes == [61, 3, 60]


def test_words_before_a_text_stand_before_each_piece_and_count():
    server = provider(REFUSALS["names none"])
    ended = called(["a " * 90, "b"], server, setting=KNOWN, prefix="passage: ")
    assert ended.result.truncated == (0,)
    assert all(text.startswith("passage: ") for texts in server.requests for text in texts)
    assert max(len(text) for text in server.billed) <= WINDOW
    assert len([texts for texts in server.requests if any(len(text) > WINDOW for text in texts)]) <= 1


def test_each_piece_is_brought_to_length_1_where_its_vector_would_have_been():
    sent = []

    def rule(texts):
        sent.extend(texts)
        return good(*([9.0 * len(sent), 1.0] for _ in texts))

    text = " ".join(f"w{number}" for number in range(60))
    ended = called([text, "b"], Provider(rule), setting=KNOWN, normalize=True, batch_size=1)
    pieces = [piece for piece in sent if piece != "b"]
    assert "".join(pieces) == text
    assert len(pieces) > 2
    vectors = [(9.0 * (sent.index(piece) + 1), 1.0) for piece in pieces]
    shares = [len(piece) / math.hypot(*vector) for piece, vector in zip(pieces, vectors, strict=True)]
    mean = [sum(share * vector[at] for share, vector in zip(shares, vectors, strict=True)) for at in range(2)]
    assert ended.result.data[0].embedding == pytest.approx([value / math.hypot(*mean) for value in mean], rel=1e-6)


def test_the_pieces_of_an_input_that_is_given_up_are_not_sent():
    server = provider(REFUSALS["names none"])
    rule = server.rule
    server.rule = lambda texts: bad(400, message="no") if any("bad" in text for text in texts) else rule(texts)
    ended = called(["bad " + "word " * 100, "b"], server, setting=KNOWN, batch_size=1, on_error="collect")
    assert ended.result.errors.keys() == {0}
    assert ended.result.errors[0].index == 0
    assert ended.result.truncated == ()
    assert len(server.requests) <= 4


@pytest.mark.parametrize(
    ("inputs", "overflow", "alone"),
    [
        (["a"], MEAN, True),
        (["x" * 100], MEAN, False),
        (["x" * 100], Overflow(), True),
        (["a " * 100, "b"], MEAN, False),
    ],
)
def test_a_call_that_may_become_several_requests_has_no_deadline_of_its_own(inputs, overflow, alone):
    ended = called(inputs, provider(REFUSALS["names none"]), setting={**KNOWN, "overflow": overflow})
    assert (ended.job.deadline(1.0) is not None) is alone


TEXT = "word " * 2000
TOLD = [
    ("This model's maximum context length is 8192 tokens, however you requested 9001 tokens (9001 in it).", 8192, 9001),
    ("This model's maximum context length is 512 tokens. However, you requested 600 tokens in the input.", 512, 600),
    ("Input validation error: `inputs` must have less than 512 tokens. Given: 2003", 512, 2003),
    ("input (1034 tokens) is too large to process. increase the physical batch size (current batch size: 512)", 512,
     1034),
    ("the request (1034 tokens) exceeds the available context size (512 tokens), try increasing it", 512, 1034),
    ("The input token count (2100) exceeds the maximum number of tokens allowed (2048).", 2048, 2100),
    ("Unable to submit request because the input token count is 2100 but the model supports up to 2048.", 2048, 2100),
    ("Too many input tokens. Max input tokens: 8,192, request input token count: 9,001", 8192, 9001),
    ("Input length 1226 exceeds maximum allowed token size 512", 512, 1226),
    ("Token sequence length must be less than or equal to the maximum sequence length (512) for this model", 512, None),
    ("Input 0 has 300 tokens and all-MiniLM-L6-v2 reads 256: shorten it", 256, 300),
    ("maximum context length is 8192 tokens, however you requested 100000 tokens", 8192, None),  # it has fewer bytes
    ("maximum context length is 8192 tokens, however you requested 300 tokens", 8192, None),
    ("maximum context length is 20000 tokens", None, None),  # the text has fewer
    ("maximum context length is 4 tokens", None, None),
    ("the input length exceeds the context length", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "limit", "counted"), TOLD)
def test_what_a_refusal_says_of_a_length(message, limit, counted):
    expected = None if limit is None else Long(limit, counted)
    error, named = ContextLengthExceededError(), ContextLengthExceededError(index=4)
    assert said(error, message, Batch([TEXT], [3], 1)) == expected
    assert said(error, message, Batch([TEXT, "a"], [3, 4], 1)) is None  # of several, it may mean their sum
    assert said(named, message, Batch(["a", TEXT], [3, 4], 1)) == expected
    assert said(InvalidRequestError(), message, Batch([TEXT], [3], 1)) is None
    text = f"{TEXT} {message}"
    assert said(error, f"cannot read {text}", Batch([text], [0], 1)) is None  # a text that is echoed teaches nothing


@pytest.mark.parametrize("saying", SAYINGS)
def test_each_saying_is_said_by_somebody(saying):
    assert any(re.search(saying, message, re.IGNORECASE | re.DOTALL) for message, _, _ in TOLD)
