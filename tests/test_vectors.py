"""Does each input get its vector, bit for bit, and is every reply that cannot be right refused?"""

from __future__ import annotations

import json
import math
import struct
from array import array
from base64 import b64encode
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from any_llm.flow.matrix import Form, InvalidVectorError, Matrix
from any_llm.flow.vectors import fill, normalise
from any_llm.types.vectors import Vectors
from any_llm.wire import Batch, Part
from by_hand import PROPERTY, a_batch

if TYPE_CHECKING:
    from any_llm.types.vectors import Dtype


def packed(*values: float) -> str:
    """Write them as OpenAI's base64 does."""
    return b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


def part(*vectors: object, indexes: list[int] | None = None) -> Part:
    """What an adapter hands on; bytes stand as they are, anything else is written as JSON."""
    raw = [msgspec.Raw(v if isinstance(v, bytes) else json.dumps(v).encode()) for v in vectors]
    return Part(vectors=raw, indexes=indexes)


def filled(made: Part, count: int = 3, *, asked: int | None = None) -> list[list[float]]:
    matrix = Matrix(count, Form(asked))
    fill(matrix, a_batch("abcdefgh"[:count]), made)
    return [matrix.vectors().numbers(i).tolist() for i in range(count)]


A, B, C = [1.0, 0.5], [2.0, -0.5], [3.0, 0.25]
RIGHT = [
    ("in order", part(A, B, C), [A, B, C]),
    ("numbered", part(A, B, C, indexes=[0, 1, 2]), [A, B, C]),
    ("backwards", part(A, B, C, indexes=[2, 1, 0]), [C, B, A]),
    ("turned", part(A, B, C, indexes=[1, 2, 0]), [C, A, B]),
    ("whole numbers", part([1, 2], [3, 4], [-5, 0]), [[1, 2], [3, 4], [-5, 0]]),
    ("spaces", part(b"[ 1.0 ,\n0.5 ]", B, C), [A, B, C]),
    ("exponents", part(b"[1e0, 5E-1]", B, C), [A, B, C]),
    ("base64", part(packed(*A), packed(*B), packed(*C)), [A, B, C]),
    ("base64, numbered", part(packed(*A), packed(*B), packed(*C), indexes=[2, 0, 1]), [B, C, A]),
    ("base64 of one, padded", part(packed(1), packed(2), packed(3)), [[1.0], [2.0], [3.0]]),
    ("base64 of three, not padded", part(*[packed(1, 2, 3)] * 3), [[1.0, 2.0, 3.0]] * 3),
    ("escaped slashes", part(*[b'"AAD\\/PwAA\\/z8="'] * 3), [[1.9921875, 1.9921875]] * 3),
    ("tiny", part(*[[1e-45, 0]] * 3), [[struct.unpack("<f", struct.pack("<f", 1e-45))[0], 0.0]] * 3),
    ("the largest", part(*[[3.4028234e38, -3.4028234e38]] * 3), [[3.4028234663852886e38, -3.4028234663852886e38]] * 3),
    ("made in this process", Part(vectors=Vectors(bytearray(array("f", A + B + C)), 2)), [A, B, C]),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), [pytest.param(*story[1:], id=story[0]) for story in RIGHT])
def test_right_ones(made: Part, expected: list[list[float]]):
    assert filled(made) == expected


AAA, ABC = packed(*A), packed(1, 2, 3)
WRONG = [
    # what came back for three inputs, words of the reason, the input at fault
    ("one too few", part(A, B), "3 inputs were sent and 2 vectors came back", None),
    ("one too many", part(A, B, C, A), "3 inputs were sent and 4 vectors came back", None),
    ("none", part(), "0 vectors", None),
    ("an index twice", part(A, B, C, indexes=[0, 1, 1]), "no permutation", None),
    ("an index missing", part(A, B, C, indexes=[0, 1, 3]), "no permutation", None),
    ("counted from one", part(A, B, C, indexes=[1, 2, 3]), "no permutation", None),
    ("below zero", part(A, B, C, indexes=[-1, 0, 1]), "no permutation", None),
    ("ragged", part(A, [1.0], C), "wide", 1),
    ("ragged, the first", part([1.0], B, C), "1 wide among others of 2", 0),
    ("each of another width", part(A, [1.0], [1.0, 2.0, 3.0]), "wide", None),
    ("ragged, placed", part(A, B, [1.0], indexes=[2, 1, 0]), "wide", 0),
    ("empty", part([], [], []), "empty", 0),
    ("null", part(A, None, C), "null", 1),
    ("null first", part(None, B, C), "null", 0),
    ("a null value", part(A, [1.0, None], C), "null", 1),
    ("a string value", part(A, ["1.0", 1.0], C), "str", 1),
    ("true", part(A, [True, 1.0], C), "bool", 1),
    ("nested", part(A, B, [C]), "array", 2),
    ("an object", part(A, {"float": B}, C), "object", 1),
    ("NaN as a string", part(A, ["NaN", 1.0], C), "str", 1),
    ("1e39", part(A, B, b"[1e39, 0]"), "NaN or infinity", 2),
    ("-1e39", part(A, b"[0, -1e39]", C), "NaN or infinity", 1),
    ("1e400", part(b"[1e400, 0]", B, C), "out of range", 0),
    ("all zero", part(A, [0, -0.0], C), "all zero", 1),
    ("all too small to be told from zero", part(A, [1e-60, 0], C), "all zero", 1),
    ("base64 of NaN", part(AAA, AAA, packed(math.nan, 1)), "NaN or infinity", 2),
    ("base64 of infinity", part(AAA, packed(1, -math.inf), AAA), "NaN or infinity", 1),
    ("base64 of NaN and infinity", part(AAA, packed(math.nan, -math.inf), AAA), "NaN or infinity", 1),
    ("base64 of zeros", part(AAA, packed(0, -0.0), AAA), "all zero", 1),
    ("base64 cut", part(AAA, AAA[:-1], AAA), "base64", 1),
    ("base64 of five bytes", part(*[b64encode(b"12345").decode()] * 3), "whole float32", 0),
    ("base64 of another width", part(AAA, AAA, packed(1)), "wide", 2),
    ("no base64 at all", part(AAA, "!" * 11 + "=", AAA), "not valid base64", 1),
    ("rubbish in the middle", part(AAA, AAA[:4] + "!!!!" + AAA[8:], AAA), "not valid base64", 1),
    ("base64 for addresses", part(AAA, AAA[:-2] + "-_", AAA), "base64", 1),
    ("base64 in lines", part(AAA, AAA[:4] + "\n" + AAA[5:], AAA), "base64", 1),
    ("padding in the middle", part(AAA, "AAA=" + AAA[4:], AAA), "not valid base64", 1),
    ("too much padding", part(*["AAAAA==="] * 3), "not valid base64", 0),
    ("base64 cut after three values", part(*["A" * 17] * 3), "whole float32", 0),
    ("not ASCII", part(AAA, "é" + AAA[1:], AAA), "base64", 1),
    ("an empty string", part("", "", ""), "empty", 0),
    ("a list among base64", part(AAA, B, AAA), "among", 1),
    ("a list before base64", part([], AAA, AAA), "among", 0),
    ("base64 before lists", part(AAA, B, C), "str", 0),
    ("null before base64", part(None, AAA, AAA), "vector", 0),
    ("null, base64 and a list", part(None, AAA, C), "as many", None),
    ("base64 among lists", part(A, AAA, C), "str", 1),
    ("neither lists nor base64", part(None, 7, 8), "null", 0),
    ("a list among base64 that looks like it", part(ABC, [1234567890123456], ABC), "among", 1),
    ("a list among base64 that looks like it, the last", part(ABC, ABC, [1234567890123456]), "among", 2),
    ("null among base64", part(AAA, None, AAA), "vector", 1),
]


def says_it_all(error: BaseException) -> bool:
    """Whether nothing of another library is shown with it."""
    return error.__suppress_context__ or isinstance(error.__context__, InvalidVectorError | None)


@pytest.mark.parametrize(("made", "words", "index"), [pytest.param(*story[1:], id=story[0]) for story in WRONG])
def test_wrong_ones(made: Part, words: str, index: int | None):
    with pytest.raises(InvalidVectorError, match=words) as error:
        filled(made)
    assert error.value.index == index
    assert says_it_all(error.value)


ODD = [
    # of as many vectors as inputs: words of the reason, the input at fault
    ("lists among base64", part(AAA, B, C, AAA, AAA), "a list among others in base64", 1),
    ("two of another width", part([1.0], [2.0], A, B, C), "1 wide among others of 2", 0),
    ("as many of another width", part(A, B, [1.0], [2.0]), "1 wide among others of 2", None),
    ("odd in two ways", part(A, B, C, [1.0, 2.0, 3.0], [1.0]), "3 wide among others of 2", 3),
]


@pytest.mark.parametrize(("made", "words", "index"), [pytest.param(*story[1:], id=story[0]) for story in ODD])
def test_which_of_many_is_odd(made: Part, words: str, index: int | None):
    with pytest.raises(InvalidVectorError, match=words) as error:
        filled(made, len(made.vectors))
    assert error.value.index == index


def made_here(*values: float, width: int = 2, dtype: Dtype = "float32") -> Part:
    """What a model in this process gives."""
    return Part(vectors=Vectors(bytearray(array("f", values)), width, dtype))


MADE_HERE = [
    # what is wanted, places, texts, what was made -> words of the reason or what stands, the input at fault
    ("in the middle", Form(), range(1, 3), "ab", made_here(*A, *B), [[0, 0], A, B]),
    ("to the end, and all", Form(2), range(3), "abc", made_here(*A, *B, *C), [A, B, C]),
    ("every other", Form(), range(0, 3, 2), "ab", made_here(*A, *B), [A, [0, 0], B]),
    ("backwards", Form(), range(2, -1, -1), "cba", made_here(*C, *B, *A), [A, B, C]),
    ("here and there", Form(), [2, 0], "ca", made_here(*C, *A), [A, [0, 0], C]),
    ("beyond", Form(), range(2, 4), "ab", made_here(*A, *B), [[0, 0], [0, 0], A]),
    ("one", Form(), range(1, 2), "a", made_here(*A), [[0, 0], A, [0, 0]]),
    ("cut", Form(2, cut_from=3), range(2), "ab", made_here(*A, 9, *B, 9, width=3), [A, B, [0, 0]]),
    ("a blank text", Form(), range(2), "a ", made_here(*A, 0, -0.0), [A, [0, 0], [0, 0]]),
    ("a large value", Form(), range(2), "ab", made_here(*A, 2e38, -2e38), [A, pytest.approx([2e38, -2e38]), [0, 0]]),
    ("zero first", Form(), range(2), "ab", made_here(0, 1, -0.0, 1), [[0, 1], [0, 1], [0, 0]]),
    ("infinity after a fraction", Form(), range(2), "ab", made_here(0.1, 0.2, 0.1, math.inf), ("NaN or infinity", 1)),
    ("NaN", Form(), range(3), "abc", made_here(*A, *B, 3, math.nan), ("NaN or infinity", 2)),
    ("-NaN", Form(), range(3), "abc", made_here(*A, 2, -math.nan, *C), ("NaN or infinity", 1)),
    ("infinity", Form(), range(3), "abc", made_here(*A, 2, math.inf, *C), ("NaN or infinity", 1)),
    ("-infinity", Form(), range(3), "abc", made_here(-math.inf, 1, *B, *C), ("NaN or infinity", 0)),
    ("zeros", Form(), range(3), "abc", made_here(*A, *B, 0, 0), ("all zero", 2)),
    ("zeros below zero", Form(), range(1, 3), "bc", made_here(-0.0, 0, *C), ("all zero", 1)),
    ("another width", Form(3), range(2), "ab", made_here(*A, *B), ("2 wide, not the 3 asked for", None)),
    ("another width, of one", Form(3), range(1, 2), "a", made_here(*A), ("2 wide, not the 3 asked for", 1)),
    ("no width", Form(), range(1), "a", Part(vectors=Vectors(bytearray(), 0)), ("0 vectors came back", None)),
    ("of another kind", Form(), range(2), "ab", made_here(*A, width=4, dtype="int8"), ("int8 came back, not", None)),
    ("of another kind than asked", Form(dtype="int8"), range(1), "a", made_here(*A), ("float32 came back, not", None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "places", "texts", "made", "then"), [pytest.param(*story[1:], id=story[0]) for story in MADE_HERE]
)
def test_what_a_model_in_this_process_gives_is_looked_at_too(form, places, texts, made, then):
    matrix = Matrix(3, form)
    batch = Batch(texts, places, len(texts))
    if isinstance(then, tuple):
        with pytest.raises(InvalidVectorError, match=then[0]) as error:
            fill(matrix, batch, made)
        assert (error.value.index, [*matrix.written]) == (then[1], [0, 0, 0])
        return
    fill(matrix, batch, made)
    assert [matrix.vectors().numbers(at).tolist() for at in range(3)] == then
    assert [*matrix.written] == [at in places for at in range(3)]


ALIKE = [
    # what a model in this process gave -> whether all texts have one and the same
    ([A, A, A], True),
    ([A, B, A], False),
    ([A, A, B], False),
    ([B, A, A], False),
]


@pytest.mark.parametrize(("given", "same"), ALIKE)
def test_one_vector_for_all_is_seen_where_it_was_made_in_this_process(given, same):
    matrix = Matrix(3)
    fill(matrix, a_batch("abc"), made_here(*chain.from_iterable(given)))
    assert (matrix.same, matrix.vectors().numbers(2).tolist()) == (same, given[2])


@pytest.mark.parametrize(("form", "uneven"), [(Form(2, unit=True), True), (Form(2), False)])
def test_lengths_are_looked_at_where_they_were_made_in_this_process(form, uneven):
    matrix = Matrix(2, form)
    fill(matrix, a_batch("ab"), made_here(*A, *B))
    assert (matrix.uneven, matrix.was_cut) == (uneven, False)


def test_a_block_has_the_width_in_force_and_sets_it():
    matrix = Matrix(4)
    fill(matrix, a_batch("ab"), made_here(*A, *B))
    with pytest.raises(InvalidVectorError, match="1 wide, not the 2") as error:
        fill(matrix, a_batch("cd", first=2), made_here(1, 2, width=1))
    assert (error.value.index, matrix.width, [*matrix.written]) == (None, 2, [1, 1, 0, 0])


@pytest.mark.parametrize(
    ("asked", "width", "words"), [(2, 3, "3 wide, not the 2 asked for"), (3, 2, "not the 3 asked")]
)
def test_the_width_asked_for_is_the_width(asked: int, width: int, words: str):
    with pytest.raises(InvalidVectorError, match=words) as error:
        filled(part(*[[1.0] * width] * 3), asked=asked)
    assert error.value.index is None
    assert filled(part(*[[1.0] * asked] * 3), asked=asked) == [[1.0] * asked] * 3


def test_the_first_batch_sets_the_width_and_the_index_is_the_calls():
    matrix = Matrix(4)
    fill(matrix, a_batch("ab", first=2), part(A, B))
    with pytest.raises(InvalidVectorError, match="1 wide, not the 2") as error:
        fill(matrix, a_batch("cd", first=0), part([1.0], [1.0]))
    assert error.value.index is None
    with pytest.raises(InvalidVectorError, match="1 wide, not the 2") as error:
        fill(matrix, a_batch("d", first=1), part([1.0]))
    assert error.value.index == 1
    with pytest.raises(InvalidVectorError, match="NaN") as error:
        fill(matrix, a_batch("cd", first=2), part([1.0, 1.0], [1.0, 1e39]))
    assert error.value.index == 3


def test_a_width_that_turns_out_wrong_is_taken_back():
    matrix = Matrix(2)
    with pytest.raises(InvalidVectorError, match="all zero"):
        fill(matrix, a_batch("ab"), part([1.0], [0.0]))
    fill(matrix, a_batch("ab"), part(A, B))
    with pytest.raises(InvalidVectorError, match="NaN"):
        fill(matrix, a_batch("b", first=1), part([1.0, 1e39]))
    with pytest.raises(InvalidVectorError, match="1 wide, not the 2"):
        fill(matrix, a_batch("b", first=1), part([1.0]))


@pytest.mark.parametrize("wire", [lambda vector: vector, lambda vector: packed(*vector)], ids=["list", "base64"])
def test_rows_beyond_the_inputs_are_kept_apart(wire):
    matrix = Matrix(2)
    fill(matrix, a_batch("abc", first=1), part(*map(wire, (A, B, C))))
    assert (matrix.vectors().numbers(1).tolist(), [*matrix.written], matrix.placed) == (A, [0, 1], 1)
    assert matrix.apart == {2: struct.pack("<2f", *B), 3: struct.pack("<2f", *C)}
    with pytest.raises(InvalidVectorError, match="NaN") as error:
        fill(matrix, a_batch("de", first=3), part([1, 1e39], A))
    assert (error.value.index, [*matrix.apart]) == (3, [2, 3])


FORMS = [
    # what is wanted, what comes -> what stands, whether it was cut, whether any lacks the length it should have
    (Form(2), [3.0, 4.0], [3.0, 4.0], False, False),
    (Form(2, cut_from=3), [3.0, 4.0, 5.0], [3.0, 4.0], True, True),
    (Form(2, cut_from=3), [3.0, 4.0], [3.0, 4.0], False, False),
    (Form(2, cut_from=2), [3.0, 4.0], [3.0, 4.0], False, False),
    (Form(cut_from=2), [3.0, 4.0], [3.0, 4.0], False, False),
    (Form(2, unit=True), [0.6, 0.8], [0.6, 0.8], False, False),
    (Form(2, unit=True), [1.0009, 0.0], [1.0009, 0.0], False, False),
    (Form(2, unit=True), [1.0011, 0.0], [1.0011, 0.0], False, True),
    (Form(2, unit=True), [0.9989, 0.0], [0.9989, 0.0], False, True),
    (Form(2, unit=True, cut_from=3), [1.0, 0.0, 0.0], [1.0, 0.0], True, True),
]


@pytest.mark.parametrize("wire", [lambda vector: vector, lambda vector: packed(*vector)], ids=["list", "base64"])
@pytest.mark.parametrize(("form", "came", "stands", "cut", "uneven"), FORMS)
def test_what_is_wider_is_cut_where_it_may_be_and_lengths_are_looked_at(form, came, stands, *, cut, uneven, wire):
    matrix = Matrix(3, form)
    fill(matrix, a_batch("ab"), part(wire(came), wire(came)))
    assert [matrix.vectors().numbers(at).tolist() for at in (0, 1)] == [pytest.approx(stands)] * 2
    assert (matrix.width, matrix.was_cut, matrix.uneven) == (len(stands), cut, uneven)
    fill(matrix, a_batch("c", first=2), part(wire([1.0, 0.0])))
    assert (matrix.was_cut, matrix.uneven) == (cut, uneven)


WHOLE = [
    # kind of number, what comes -> the bytes that stand
    ("int8", [-128, 127], b"\x80\x7f"),
    ("uint8", [0, 255], b"\x00\xff"),
    ("int8", b64encode(b"\x80\x00\x7f").decode(), b"\x80\x00\x7f"),
    ("ubinary", b64encode(b"\x00\x01").decode(), b"\x00\x01"),
]


@pytest.mark.parametrize(("dtype", "came", "stands"), WHOLE)
def test_whole_numbers_of_a_byte(dtype, came, stands):
    matrix = Matrix(3, Form(dtype=dtype))
    fill(matrix, a_batch("bc", first=1), part(came, came))
    assert bytes(matrix.buffer) == bytes(len(stands)) + stands + stands


NOT_WHOLE = [
    # kind of number, what comes -> words of the reason
    ("int8", [128, 0], "no list of whole numbers of a byte each"),
    ("uint8", [-1, 0], "no list of whole numbers"),
    ("int8", [1.5, 0], "no list of whole numbers"),
    ("int8", None, "no list of whole numbers"),
    ("int8", [0, 0], "all zero"),
    ("uint8", [], "empty"),
]


@pytest.mark.parametrize(("dtype", "came", "words"), NOT_WHOLE)
def test_what_is_no_byte_is_refused(dtype, came, words):
    with pytest.raises(InvalidVectorError, match=words) as error:
        fill(Matrix(2, Form(dtype=dtype)), a_batch("b", first=1), part(came))
    assert error.value.index == 1
    assert says_it_all(error.value)


def test_it_is_known_that_a_blank_text_had_no_direction():
    matrix = Matrix(3)
    for index, (text, vector, blank) in enumerate([("a", A, False), (" ", [0, 0], True), ("c", C, True)]):
        fill(matrix, a_batch([text], first=index), part(vector))
        assert matrix.blank is blank


BLANK = ["", " ", "\n\t", "\u00a0", "\u3000"]


@pytest.mark.parametrize("text", BLANK, ids=repr)
@pytest.mark.parametrize("zero", [[0.0, 0.0], packed(0, 0)], ids=["list", "base64"])
def test_a_blank_text_may_be_all_zero(text: str, zero: object):
    matrix = Matrix(1)
    fill(matrix, a_batch([text]), part(zero))
    assert matrix.vectors().numbers(0).tolist() == [0.0, 0.0]


float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
double = st.floats(-3.4e38, 3.4e38, allow_nan=False)


@given(st.lists(float32 | double, min_size=1, max_size=9).filter(lambda values: any(abs(v) > 1e-45 for v in values)))
@PROPERTY
def test_every_float_is_rounded_to_the_nearest_float32(values: list[float]):
    expected = struct.pack(f"<{len(values)}f", *values)
    for wire in (values, packed(*values)):
        matrix = Matrix(1)
        fill(matrix, a_batch(["a"]), part(wire))
        assert bytes(matrix.buffer) == expected


@given(st.permutations(range(7)), st.booleans())
@PROPERTY
def test_a_shuffled_reply_gives_each_input_its_own(order: list[int], in_base64: bool):  # noqa: FBT001
    vectors = [[index + 1.0, 0.5] for index in order]
    made = part(*[packed(*v) for v in vectors] if in_base64 else vectors, indexes=order)
    assert filled(made, 7) == [[index + 1.0, 0.5] for index in range(7)]


vector = st.sampled_from([A, B, C, AAA, packed(*B), [1.0], [0, 0], [None, 1], [1e39, 1], None, "", "A", AAA[:-1]])


@given(
    st.lists(vector, min_size=1, max_size=4), st.none() | st.lists(st.integers(-1, 4), max_size=4), st.integers(1, 3)
)
@PROPERTY
def test_no_row_is_left_unwritten_and_no_other_row_is_touched(
    vectors: list[object], indexes: list[int] | None, count: int
):
    matrix = Matrix(5)
    if indexes is not None and len(indexes) != len(vectors):
        indexes = None
    try:
        fill(matrix, a_batch("abc"[:count], first=1), part(*vectors, indexes=indexes))
    except InvalidVectorError:
        return
    rows = [matrix.vectors().numbers(i).tolist() for i in range(5)]
    assert all(any(row) for row in rows[1 : 1 + count])
    assert not any(any(row) for row in [rows[0], *rows[1 + count :]])


@given(st.text(alphabet="AB/+=\\-é\n\ud800 ", max_size=24), st.booleans())
@PROPERTY
def test_whatever_the_string_it_is_base64_of_float32_or_an_error(text: str, escaped: bool):  # noqa: FBT001
    matrix = Matrix(1)
    raw = json.dumps(text, ensure_ascii=escaped or "\ud800" in text).encode()
    with suppress(InvalidVectorError, msgspec.DecodeError):  # either is a broken reply
        fill(matrix, a_batch([" "]), part(raw))
        assert packed(*matrix.vectors().numbers(0).tolist()).rstrip("=")[:-1] == text.rstrip("=")[:-1]


LENGTHS = [
    ([3.0, 4.0], [0.6, 0.8]),
    ([0.0, 0.0], [0.0, 0.0]),
    ([-2.0, 0.0], [-1.0, 0.0]),
    ([1e-20, 0.0], [1.0, 0.0]),
    ([1e20, 1e20], [math.sqrt(0.5)] * 2),
    ([3e38, 3e38], [math.sqrt(0.5)] * 2),
    ([1e-45, 1e-45], [math.sqrt(0.5)] * 2),
]


@pytest.mark.parametrize(("values", "expected"), LENGTHS)
def test_normalise_brings_to_unit_length_in_place(values: list[float], expected: list[float]):
    vectors = Vectors(bytearray(array("f", values + values)), 2)
    buffer = vectors.buffer
    normalise(vectors)
    assert vectors.buffer is buffer
    assert [vectors.numbers(row).tolist() for row in (0, 1)] == [pytest.approx(expected, rel=1e-6)] * 2


def test_of_many_each_is_brought_to_unit_length_by_its_own():
    vectors = Vectors(bytearray(array("f", [value for row in range(1500) for value in (row, 0, row)])), 3)
    normalise(vectors)
    unit = pytest.approx([math.sqrt(0.5), 0.0, math.sqrt(0.5)])
    assert [vectors.numbers(row).tolist() for row in range(1500)] == [[0.0] * 3, *[unit] * 1499]


@pytest.mark.parametrize(
    ("form", "count", "sent", "least", "most"),
    [
        (Form(dimensions=256), 1, 100, 160_000, 2_000_000),
        (Form(dimensions=8192), 1, 100, 320_000, 2_000_000),
        (Form(), 1, 100, 640_000, 2_000_000),  # no width is known
        (Form(dimensions=256, cut_from=8192), 1, 100, 320_000, 2_000_000),  # the host sends all, and it is cut here
        (Form(dimensions=3072), 2048, 9_000_000, 300_000_000, 1 << 30),
        (Form(dimensions=8192), 100_000, 9_000_000, 1 << 30, 1 << 30),
        (Form(dimensions=256), 1, 9_000_000, 9_000_000, 40_000_000),  # which may repeat what was sent
    ],
)
def test_a_reply_has_room_for_what_was_asked_and_not_much_more(form, count, sent, least, most):
    assert least <= Matrix(count, form).limit(count, sent) <= most


def test_once_a_width_is_known_it_is_what_a_reply_has_room_for():
    matrix = Matrix(2, Form())
    before = matrix.limit(1, 100)
    fill(matrix, a_batch(("a",)), part([1.0] * 5000))
    assert matrix.limit(1, 100) < before
