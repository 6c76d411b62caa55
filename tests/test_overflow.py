"""What becomes of an input that is longer than the model reads: at every kind of provider, sync and async?"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from any_llm import ContextLengthExceededError, InvalidRequestError, UnsupportedParameterError, embed_iter, embedding
from colours import COLOURS
from loopback import Answer
from reader import AROUND, NONE, Reader, Words, mean_of, vector_of

WINDOW = 64


def words(count: int, name: str = "word") -> str:
    """A text of so many tokens, without special ones; no two words are alike."""
    return " ".join(f"{name}{number}" for number in range(count))


LONG, FITS = words(200), words(WINDOW - AROUND, "fit")
INPUTS = ["short", LONG, FITS, "a short one too"]


def ask(call, server, inputs=INPUTS, *, provider="together", model="m", client: Any = None, **options):
    made = {"max_retries": 0, **(client or {})}
    return call(model, inputs, provider=provider, api_key="k", api_base=server.url, client_args=made, **options)


def close(result, expected):
    for item, vector in zip(result.data, expected, strict=True):
        assert item.embedding == pytest.approx(vector, abs=1e-6)


KNOWN = {"limits": {"input_tokens": WINDOW}}
EXACT = {**KNOWN, "tokenizer": Words()}
MEANS = [
    # how the server takes it, what the caller knows -> requests refused or cut, result.overflow
    (Reader(WINDOW), {}, 6, "unknown"),  # its words teach the window
    (Reader(WINDOW, NONE), {}, 9, "unknown"),  # halved until it fits
    (Reader(WINDOW), KNOWN, 0, "unknown"),  # so many words have no fewer tokens
    (Reader(WINDOW), EXACT, 0, "enforced"),
    (Reader(WINDOW, None), EXACT, 0, "enforced"),
    (Reader(WINDOW, None), KNOWN, 0, "unknown"),
    (Reader(WINDOW, None, counts=False), EXACT, 0, "enforced"),
]


@COLOURS
@pytest.mark.parametrize(("reader", "client", "wasted", "overflow"), MEANS)
def test_a_mean_is_that_of_the_pieces_and_nothing_is_split_that_fits(
    call, reader, client, *, wasted, overflow, loopback
):
    reader = Reader(reader.window, reader.words, counts=reader.counts)
    result = ask(call, loopback(reader), client=client, overflow="mean")
    mean = mean_of(reader.pieces(LONG), exact=client is EXACT)
    close(result, [vector_of("short"), mean, vector_of(FITS), vector_of("a short one too")])
    assert all(len(Words().encode(piece)) <= WINDOW for piece in reader.pieces(LONG))
    assert {"short", FITS, "a short one too"} <= set(reader.read)
    assert result.truncated == (1,)
    assert result.overflow == overflow
    assert len([texts for texts in reader.asked if not {*texts} <= {*reader.read}]) <= wasted
    assert result.requests.sent == len(reader.asked)


def test_what_a_refusal_teaches_is_kept(loopback):
    reader = Reader(WINDOW)
    server = loopback(reader)
    first = ask(embedding, server, overflow="mean")
    before = len(reader.asked)
    again = ask(embedding, server, overflow="mean")
    close(again, [item.embedding for item in first.data])
    assert all(LONG not in texts for texts in reader.asked[before:])


@COLOURS
@pytest.mark.parametrize("client", [{}, KNOWN], ids=["unknown", "known"])
def test_a_silent_cut_that_usage_shows_is_made_good(call, client, loopback):
    """So many words can be no fewer tokens, and a window full of them was counted."""
    reader = Reader(128, None)
    limits = {"limits": {"input_tokens": 1000}} if client else {}  # what is known is wrong
    result = ask(call, loopback(reader), LONG, client=limits, overflow="mean")
    close(result, [mean_of(reader.pieces(LONG))])
    assert (result.truncated, result.overflow) == ((0,), "detected")
    assert all(len(Words().encode(piece)) <= 128 for piece in reader.pieces(LONG))


CUT = [
    # server, client, overflow, asked of the server -> truncated, overflow of the result
    (Reader(WINDOW), EXACT, (1,), "enforced"),
    (Reader(WINDOW), KNOWN, (1,), "unknown"),  # so many words have no fewer tokens
    (Reader(1000), KNOWN, (1,), "unknown"),  # it reads more than was said
    (Reader(WINDOW, None), EXACT, (1,), "enforced"),
]


@COLOURS
@pytest.mark.parametrize(("reader", "client", "cut", "overflow"), CUT)
def test_the_beginning_alone_is_read_where_the_provider_cannot_be_told(
    call, reader, client, *, cut, overflow, loopback
):
    reader = Reader(reader.window, reader.words)
    result = ask(call, loopback(reader), client=client, overflow="truncate")
    (piece,) = [text for text in reader.read if text not in INPUTS]
    assert LONG.startswith(piece)
    assert WINDOW // 4 < len(Words().encode(piece)) <= WINDOW
    close(result, [vector_of(text) for text in ("short", piece, FITS, "a short one too")])
    assert (result.truncated, result.overflow) == (cut, overflow)


@COLOURS
def test_a_text_that_only_may_be_too_long_is_cut_when_it_is_refused(call, loopback):
    reader, text = Reader(WINDOW), "ja" * 50 + words(50)  # a token a word, and more than bytes for that
    assert ask(call, loopback(reader), [text], client=KNOWN, overflow="truncate").truncated == ()
    reader, text = Reader(WINDOW), words(WINDOW - 1)
    result = ask(call, loopback(reader), [text], client=KNOWN, overflow="truncate")
    assert (result.truncated, reader.asked[0]) == ((0,), [text])


@pytest.mark.parametrize("overflow", ["truncate", "error"])
def test_or_not_where_no_limit_is_known(overflow, loopback):
    server = loopback(Reader(WINDOW))
    with pytest.raises(UnsupportedParameterError, match=overflow):
        ask(embedding, server, overflow=overflow)
    assert server.requests == []


# --- providers that cut in silence -----------------------------------------------------------------------------------


SURE = [
    # who cuts, or refuses; what the caller knows
    ("infinity", KNOWN),
    ("openai", KNOWN),
    ("openai", EXACT),
    ("vllm", EXACT),
]


@COLOURS
@pytest.mark.parametrize(("provider", "client"), SURE)
@pytest.mark.parametrize("on_error", ["raise", "collect"])
def test_an_error_is_raised_before_anything_is_sent(call, provider, client, *, on_error, loopback):
    reader = Reader(WINDOW, None)
    server = loopback(reader)
    options = {"provider": provider, "client": client, "overflow": "error", "on_error": on_error}
    if on_error == "raise":
        with pytest.raises(ContextLengthExceededError) as caught:
            ask(call, server, **options)
        assert caught.value.index == 1
        assert reader.asked == []
    else:
        result = ask(call, server, **options)
        assert [item.embedding is None for item in result.data] == [False, True, False, False]
        assert type(result.errors[1]) is ContextLengthExceededError
        assert reader.asked == [["short", FITS, "a short one too"]]


@pytest.mark.parametrize(("client", "sent"), [({"tokenizer": Words()}, False), ({}, True)], ids=["counted", "not"])
def test_a_limit_that_is_known_is_kept_by_who_counts(client, sent, loopback):
    """Without a count the provider is asked: it knows its limit best."""
    server = loopback(Reader(8192))
    with pytest.raises(ContextLengthExceededError):
        ask(embedding, server, [words(9000)], provider="openai", model="text-embedding-3-small", client=client,
            overflow="error")  # fmt: skip
    assert bool(server.requests) == sent


@COLOURS
def test_a_cut_that_only_usage_shows_is_an_error_too(call, loopback):
    reader = Reader(128, None)
    text = words(200)
    with pytest.raises(ContextLengthExceededError) as caught:
        ask(call, loopback(reader), ["a", text], provider="infinity", batch_size=1, overflow="error",
            client={"limits": {"input_tokens": 1000}})  # fmt: skip
    assert caught.value.index == 1
    assert "word1" not in str(caught.value)
    kept = ask(call, loopback(reader), ["a", text], provider="infinity", batch_size=1, overflow="error",
               client={"limits": {"input_tokens": 1000}}, on_error="collect")  # fmt: skip
    assert [item.embedding is None for item in kept.data] == [False, True]
    assert (kept.truncated, kept.overflow) == ((), "detected")


@COLOURS
def test_a_cut_nobody_asked_for_is_told_once(call, loopback):
    server = loopback(Reader(WINDOW, None))
    with pytest.warns(UserWarning, match=r"infinity read only the beginning of inputs 1: .*overflow=\"mean\""):
        result = ask(call, server, provider="infinity", client=KNOWN)
    assert (result.truncated, result.overflow) == ((1,), "detected")
    assert result.data[1].embedding == pytest.approx(vector_of(" ".join(LONG.split()[: WINDOW - AROUND])))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask(call, server, provider="infinity", client=KNOWN).truncated == (1,)


@COLOURS
def test_where_it_is_asked_for_it_is_no_news(call, loopback):
    result = ask(call, loopback(Reader(WINDOW, None)), LONG, provider="infinity", client=KNOWN, overflow="truncate")
    assert (result.truncated, result.overflow) == ((0,), "enforced")


@COLOURS
def test_where_a_cut_would_be_silent_a_text_is_split_that_may_be_too_long(call, loopback):
    reader = Reader(WINDOW, None, counts=False)
    text = words(40)  # it fits, but by its bytes it may not
    result = ask(call, loopback(reader), text, provider="infinity", client=KNOWN, overflow="mean")
    close(result, [mean_of(reader.pieces(text))])
    exact = Reader(WINDOW, None, counts=False)
    result = ask(call, loopback(exact), text, provider="infinity", client=EXACT, overflow="mean")
    assert exact.asked == [[text]]
    assert (result.truncated, result.overflow) == ((), "enforced")


@COLOURS
def test_what_is_cut_there_for_sure_is_told_even_without_a_count(call, loopback):
    server = loopback(Reader(WINDOW, None, counts=False))
    with pytest.warns(UserWarning, match="only the beginning of inputs 1:"):
        assert ask(call, server, provider="infinity", client=KNOWN).truncated == (1,)


@COLOURS
def test_a_field_of_the_providers_own_is_a_choice_too(call, loopback):
    server = loopback(Reader(WINDOW, None))
    result = ask(call, server, provider="vllm", client=KNOWN, truncate_prompt_tokens=-1)
    assert (result.truncated, result.overflow) == ((1,), "enforced")


@COLOURS
def test_a_200_that_says_a_text_was_cut_is_a_refusal_of_that_text(call, loopback):
    def answer(request):
        (instance,) = request.json["instances"]
        cut = len(instance["content"]) > 500
        statistics = {"token_count": len(instance["content"].split()), "truncated": cut}
        values = vector_of(instance["content"])
        return Answer(json={"predictions": [{"embeddings": {"values": values, "statistics": statistics}}]})

    client = {"project": "p", "location": "l"}
    asked = {"provider": "vertexai", "model": "text-embedding-005", "client": client, "batch_size": 1}
    server = loopback(answer)
    collected = ask(call, server, ["a", LONG, "b"], **asked, on_error="collect")
    assert [item.embedding is None for item in collected.data] == [False, True, False]
    assert (type(collected.errors[1]), collected.errors[1].index) == (ContextLengthExceededError, 1)
    averaged = ask(call, server, ["a", LONG, "b"], **asked, overflow="mean")
    assert (averaged.truncated, averaged.overflow) == ((1,), "enforced")
    sent = [request.json["instances"][0]["content"] for request in server.requests]
    close(averaged, [vector_of("a"), mean_of([text for text in sent if text in LONG and 5 < len(text) < 501]),
                     vector_of("b")])  # fmt: skip


KNOWLEDGE = [
    # provider, model, inputs -> what is known of over-long ones, without usage
    ("openai", "text-embedding-3-small", ["short", "long " * 5000], "enforced"),  # it refuses
    ("together", "BAAI/bge-base-en-v1.5", ["short"], "enforced"),
    ("together", "BAAI/bge-base-en-v1.5", ["short", "a" * 600], "unknown"),
    ("together", "some-model", ["short"], "unknown"),
    ("infinity", "BAAI/bge-small-en-v1.5", ["short"], "unknown"),  # a server of one's own may read less
    ("digitalocean", "gte-large-en-v1.5", ["short"], "unknown"),  # no source states its limit
]


@COLOURS
@pytest.mark.parametrize(("provider", "model", "inputs", "overflow"), KNOWLEDGE)
def test_what_is_known_is_told(call, provider, model, *, inputs, overflow, loopback):
    server = loopback(Reader(10_000, None, counts=False))
    assert ask(call, server, inputs, provider=provider, model=model).overflow == overflow


CONTRADICTED = [
    # provider, what the caller knows
    ("openai", {}),
    ("openai", {"limits": {"input_tokens": 8192}}),
    ("vllm", {}),
    ("vllm", {"limits": {"input_tokens": 8192}}),
    ("together", {}),
    ("together", {"limits": {"input_tokens": 8192}, "tokenizer": Words()}),
]


@COLOURS
@pytest.mark.parametrize(("provider", "client"), CONTRADICTED)
def test_what_a_reply_contradicts_is_never_called_enforced(call, provider, client, loopback):
    """It counts 20 tokens in 700 words."""
    reader = Reader(20, None)
    server, inputs = loopback(reader), ["short", words(700), "a short one too"]
    asked = {"provider": provider, "client": client}
    assert ask(call, server, inputs, **asked).overflow == "unknown"
    if not (provider == "together" and not client):  # where nothing is known, "error" is no option
        kept = ask(call, server, inputs, **asked, overflow="error", on_error="collect")
        assert {index: type(error) for index, error in kept.errors.items()} == {1: ContextLengthExceededError}
        assert kept.overflow == "detected"
    averaged = ask(call, server, inputs, **asked, overflow="mean")
    assert (averaged.truncated, averaged.overflow) == ((1,), "detected")
    # It is split until the count may be true.
    leaves = [text for text in reader.read if not any(other in text and other != text for other in reader.read)]
    assert all(len(Words().encode(piece)) <= 2 * 20 + 2 * AROUND for piece in leaves)


@COLOURS
@pytest.mark.parametrize("provider", ["openai", "vllm"])
def test_a_server_that_counts_texts_is_no_proof(call, provider, loopback):
    def answer(request):
        data = [{"index": at, "embedding": vector_of(text)} for at, text in enumerate(request.json["input"])]
        return Answer(json={"data": data, "model": "m", "usage": {"prompt_tokens": len(data)}})

    for overflow in (None, "error", "mean"):
        result = ask(call, loopback(answer), [words(700), "short"], provider=provider, overflow=overflow)
        assert (result.truncated, result.overflow) == ((), "unknown")


@COLOURS
def test_a_mean_where_the_provider_refuses_is_enforced(call, loopback):
    result = ask(call, loopback(Reader(WINDOW)), provider="openai", client=KNOWN, overflow="mean")
    assert (result.truncated, result.overflow) == ((1,), "enforced")


@COLOURS
def test_a_tokenizer_of_another_model_is_found_out(call, loopback):
    """It counts half of what the provider does: what is refused is cut by its bytes."""

    class Half:
        def encode(self, text):
            return [1] * (1 + len(text.split()) // 2)

    reader = Reader(WINDOW)
    client = {**KNOWN, "tokenizer": Half()}
    result = ask(call, loopback(reader), LONG, client=client, overflow="mean")
    assert all(len(Words().encode(piece)) <= WINDOW for piece in reader.pieces(LONG))
    assert result.truncated == (0,)


@pytest.mark.parametrize(("overflow", "field"), [("truncate", "truncate"), ("mean", "mean")])
def test_a_provider_that_can_is_asked_to(overflow, field, loopback):
    def answer(request):
        return Answer(json={"embeddings": [[1.0] for _ in request.json["texts"]], "usage": {"total_tokens": 9}})

    server = loopback(answer)
    result = ask(embedding, server, [LONG], provider="nomic", model="nomic-embed-text-v1.5", overflow=overflow)
    assert server.requests[0].json["long_text_mode"] == field
    assert result.overflow == "enforced"


# --- many ------------------------------------------------------------------------------------------------------------


@COLOURS
def test_equal_inputs_have_equal_means_and_are_split_once(call, loopback):
    reader = Reader(WINDOW)
    result = ask(call, loopback(reader), [LONG, "a", LONG, "a"], client=EXACT, overflow="mean")
    mean = mean_of(reader.pieces(LONG), exact=True)
    close(result, [mean, vector_of("a"), mean, vector_of("a")])
    assert result.truncated == (0, 2)
    assert len(reader.read) == len({*reader.read})


@COLOURS
def test_each_of_equal_inputs_is_named_by_its_own_error(call, loopback):
    inputs = ["a", LONG, "b", LONG]
    told = {"client": KNOWN, "overflow": "error", "on_error": "collect"}
    for reader, provider in ((Reader(WINDOW, None), "infinity"), (Reader(WINDOW), "openai")):
        errors = ask(call, loopback(reader), inputs, provider=provider, **told).errors
        assert {index: error.index for index, error in errors.items()} == {1: 1, 3: 3}
        assert [f"inputs[{index}] " in str(error) for index, error in errors.items()] == [True, True]
        assert "inputs[1]" not in f"{errors[3]} {errors[3].args}"
    errors = call("all-MiniLM-L6-v2", ["a", words(400)] * 2, provider="local", on_error="collect").errors
    assert [str(error).partition("Input ")[2][:2] for error in errors.values()] == ["1 ", "3 "]


def test_an_error_of_a_stream_says_where_in_it(loopback):
    """What is known only after it was sent."""
    client = {"limits": {"input_tokens": 1000}, "max_retries": 0}
    server = loopback(Reader(20, None))
    stream = embed_iter(["a", "b", "c", words(700)], "m", chunk_size=2, provider="infinity", api_base=server.url,
                        overflow="error", client_args=client)  # fmt: skip
    with pytest.raises(ContextLengthExceededError, match=r"inputs\[3\] ") as caught:
        list(stream)
    assert caught.value.index == 3


@COLOURS
def test_collect_goes_on_where_an_input_cannot_be_split(call, loopback):
    """A window too small for any text."""
    reader = Reader(3)
    result = ask(call, loopback(reader), ["a", "one two three four five", "b"], overflow="mean", on_error="collect")
    assert [item.embedding is None for item in result.data] == [False, True, False]
    assert (type(result.errors[1]), result.errors[1].index) == (ContextLengthExceededError, 1)


def test_only_floats_are_averaged(loopback):
    server = loopback(Reader(WINDOW))
    with pytest.raises(InvalidRequestError, match="averages float32"):
        ask(embedding, server, provider="mistral", overflow="mean", dtype="int8")
    assert server.requests == []


def test_a_field_of_its_own_and_the_option_are_one_too_many(loopback):
    server = loopback(Reader(WINDOW))
    with pytest.raises(InvalidRequestError, match="say the same thing"):
        ask(embedding, server, provider="cohere", overflow="mean", truncate="END")


# --- in this process -------------------------------------------------------------------------------------------------


@COLOURS
@pytest.mark.parametrize(("overflow", "cut"), [("truncate", (1,)), ("mean", (1,))])
def test_a_model_in_this_process_tells_what_it_cut(call, overflow, cut):
    result = call("all-MiniLM-L6-v2", ["short", words(400)], provider="local", overflow=overflow)
    assert (result.truncated, result.overflow) == (cut, "enforced")
