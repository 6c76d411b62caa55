"""Is a silent cut seen where the count shows it, and never where a text was read whole?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.bounds import least
from any_llm.flow.truncation import WINDOWS, Truncation, truncated, widest
from by_hand import PROPERTY
from long_texts import KINDS, TOKENIZERS


def words(count: int) -> str:
    """Make a text of at least so many tokens, after the first."""
    return "w" + " w" * count


def seen(texts: list[str], measured: int | None, **given: Any) -> Truncation:
    return truncated(texts, measured, **{"limit": None, **given})


CUT = [
    # Ollama, 180 kB (issue 17543): 2,048 tokens where its model is said to read 8,192.
    ([words(30_000)], 2048, {"limit": 8192}, (0,)),
    ([words(5000)], 2048, {"limit": 8192}, (0,)),
    ([words(5000)], 2048, {}, (0,)),
    # Ollama, issue 14259: 23,976 characters of Chinese, 2,048 tokens.
    (["的" * 23_976], 2048, {"limit": 8192}, (0,)),
    ([words(600)], 512, {"limit": 512}, (0,)),
    ([words(600)], 510, {"limit": 512}, (0,)),  # the first and the last token left out of the count
    ([words(3000)], 2046, {"limit": 8192}, (0,)),
    ([words(9000)], 8191, {"limit": 8191}, (0,)),
    ([words(9000)], 8000, {"limit": 8000}, (0,)),
    ([words(400)], 384, {"limit": 384}, (0,)),
    (["short", words(600)], 515, {"limit": 512}, (1,)),
    ([words(600), "short", words(900)], 1027, {"limit": 512}, (0, 2)),
    # 600 words may have been read as 600 tokens: 1,200 were, and all the rest was short. 2,000 words were not.
    ([words(600), words(2000)], 1200, {"limit": 512}, (1,)),
    # With a tokenizer at hand a cut of a few tokens shows.
    (["text"], 512, {"limit": 512, "counts": [517]}, (0,)),
    (["text"], 512, {"counts": [600]}, (0,)),
    (["text", "text"], 532, {"limit": 512, "counts": [20, 530]}, (1,)),
]
WARY = [
    # Where a cut would be no vector of what was asked for, one plain sign is enough.
    ([words(700)], 20, {}, (0,)),
    ([words(700)], 20, {"limit": 8192}, (0,)),
    ([words(700)], 300, {"limit": 8192}, (0,)),
    ([words(1200), "short"], 515, {}, (0,)),
    (["short", words(700), words(30)], 60, {}, (1,)),
    (["的" * 24_000], 700, {}, (0,)),  # 8 ideographs a token, and then twice that
    (["text"], 100, {"limit": 1000, "counts": [220]}, (0,)),
]
SHORT = [
    # Less than there must be, and yet no proof: nobody is blamed, and nothing called enforced.
    ([words(600)], 1, {}),  # one a text
    ([words(600)], 8, {}),
    ([words(600)] * 9, 9, {}),
    ([words(600)], 305, {}),  # a quarter of the characters
    ([words(600), "short"], 515, {}),  # of two, with no limit known
    (["text"] * 2, 400, {"limit": 512, "counts": [256, 256]}),  # a tokenizer that is another's
]
UNSEEN = [
    ([], 0, {}),
    (["hello"], 3, {"limit": 512}),
    ([words(600)], None, {"limit": 512}),  # not counted
    ([words(600)], 0, {"limit": 512}),
    ([words(600)], 905, {"limit": 512}),  # read whole: our table is wrong, or it counts before it cuts
    ([words(511)], 512, {"limit": 512}),  # exactly as long as may be
    ([words(400)], 512, {"limit": 512}),  # it may have had 512, or more
    (["の" * 9000], 512, {"limit": 512}),  # kana: nothing is sure of them
    (["ไทย" * 3000], 20, {}),  # nor of Thai: a word that WordPiece does not know is a token, however long
    (["=" * 9000], 20, {}),
    (["short"] * 3, 3, {"limit": 512}),
    ([words(600)] * 2, 1200, {"limit": 512}),
    (["text"], 512, {"limit": 512, "counts": [514]}),  # special tokens, which one side counts and the other does not
    (["text"], 512, {"limit": 512, "counts": [512]}),
    (["text"] * 2, 504, {"limit": 512, "counts": [256, 256]}),
]


@pytest.mark.parametrize(("texts", "measured", "known", "positions"), CUT, ids=range(len(CUT)))
@pytest.mark.parametrize("wary", [True, False])
def test_a_cut_is_seen(texts, measured, known, positions, *, wary):
    assert seen(texts, measured, **known, wary=wary) == Truncation(positions, short=True)


@pytest.mark.parametrize(("texts", "measured", "known", "positions"), WARY, ids=range(len(WARY)))
def test_a_plain_sign_is_enough_for_who_is_wary(texts, measured, known, positions):
    assert seen(texts, measured, **known, wary=True) == Truncation(positions, short=True)
    assert seen(texts, measured, **known) == Truncation((), short=True)


@pytest.mark.parametrize(("texts", "measured", "known"), SHORT, ids=range(len(SHORT)))
@pytest.mark.parametrize("wary", [True, False])
def test_a_count_that_may_be_made_up_blames_nobody(texts, measured, known, *, wary):
    assert seen(texts, measured, **known, wary=wary) == Truncation((), short=True)


@pytest.mark.parametrize(("texts", "measured", "known"), UNSEEN, ids=range(len(UNSEEN)))
@pytest.mark.parametrize("wary", [True, False])
def test_nothing_is_said_without_proof(texts, measured, known, *, wary):
    assert seen(texts, measured, **known, wary=wary) == Truncation()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_no_tokenizer_is_taken_for_a_cut(name: str, kind: str):
    """Whatever a text is made of, and however few tokens its bytes have."""
    text = KINDS[kind]
    parts = [text, text[:1000], text[:100]]
    measured = sum(map(TOKENIZERS[name], parts))
    assert seen(parts, measured, wary=True) == Truncation()
    assert seen(parts, measured // 2 + 1, wary=True).positions == ()


sizes = st.lists(st.integers(0, 400), max_size=6)
some = st.none() | st.integers(1, 500) | st.sampled_from(WINDOWS)


@given(
    sizes=sizes, more=st.integers(0, 3), special=st.integers(0, 4), limit=some, exact=st.booleans(), wary=st.booleans()
)
@PROPERTY
def test_texts_that_were_read_whole_never_alarm(sizes, more, special, *, limit, exact, wary):
    """Whatever limit we believe in, and however many tokens a word has: where the server counts what it reads."""
    texts = [words(size) for size in sizes]
    tokens = [least(text) * (1 + more) for text in texts]
    counts = [count + special for count in tokens] if exact else None
    assert seen(texts, sum(tokens), limit=limit, counts=counts, wary=wary) == Truncation()


@given(sizes=sizes, window=st.integers(1, 500), more=st.integers(0, 2), limit=some, wary=st.booleans())
@PROPERTY
def test_only_what_was_cut_is_named(sizes, window, more, limit, wary):
    texts = [words(size) for size in sizes]
    tokens = [least(text) * (1 + more) for text in texts]
    found = seen(texts, sum(min(count, window) for count in tokens), limit=limit, wary=wary)
    assert all(tokens[position] > window for position in found.positions)


@given(sizes=sizes, factor=st.floats(0, 2), limit=st.integers(400, 500))
@PROPERTY
def test_a_server_that_counts_as_it_likes_alarms_only_at_a_common_window(sizes, factor, limit):
    """Where the limit we know is right, and every text keeps to it."""
    texts, measured = [words(size) for size in sizes], int(factor * sum(sizes))
    common = len(texts) == 1 and any(window - 2 <= measured <= window for window in WINDOWS)
    assert seen(texts, measured, limit=limit).positions == () or common


@given(tokens=st.lists(st.integers(0, 60), max_size=6), measured=st.integers(1, 200))
@PROPERTY
def test_the_widest_window_is_the_widest(tokens, measured):
    def through(window: int) -> int:
        return sum(min(count, window) for count in tokens)

    window = widest(tokens, measured)
    if window is None:
        assert sum(tokens) <= measured
    else:
        assert through(window) <= measured < through(window + 1)
