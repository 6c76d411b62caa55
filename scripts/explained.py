"""Which mutants may no test find, and why? A change that no caller can tell, or only by a clock."""

from __future__ import annotations

TIME = "What comes of it is the same, sooner or later: it is a way that is quick, or a size of what is done at once."
FALSE = "None is as false as False."
DIFFERENT = 'len({" ".join(text.casefold().split()) for text in texts})'

EXPLAINED: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "flow/plan.py": [
        (("order = self._left[0].order", "order = self._left[(-1)].order"), "Of a list of one, the first is the last."),
        (
            (
                "if start >= 0 and last.order[start : last.begun] == batch.indexes:  # nothing was taken since",
                "if start >= (-1) and last.order[start : last.begun] == batch.indexes:  # nothing was taken since",
                "if ((last.order[start : last.begun] == batch.indexes)):  # nothing was taken since",
            ),
            "From before the beginning, a slice is shorter than the batch.",
        ),
        (
            (
                "total = sum(sizes(batch.texts)) if now.bytes is not None else 0",
                "total = (sum(sizes(batch.texts)))",
                "total = sum(sizes(batch.texts)) if now.bytes is not None else (-1)",
                "total = sum(sizes(batch.texts)) if now.bytes is not None else (1)",
            ),
            "Where no limit on bytes is in force, nobody asks how many there are.",
        ),
        (("STRETCH = 256", "STRETCH = (257)", "STRETCH = (255)"), TIME),
        (
            (
                "return Batch([self._prefix + text for text in texts] if self._prefix else texts, indexes, tokens)",
                "return Batch(([self._prefix + text for text in texts]), indexes, tokens)",
            ),
            TIME,
        ),
        (
            (
                "step = STRETCH if count is None else 1  # to count is dear: what does not fit is counted again",
                "step = (1)  # to count is dear: what does not fit is counted again",
                "step = (STRETCH)  # to count is dear: what does not fit is counted again",
                "step = STRETCH if (count is not None) else 1  # to count is dear: what does not fit is counted again",
                "step = STRETCH if count is None else (2)  # to count is dear: what does not fit is counted again",
            ),
            TIME,
        ),
        (("if self._before:", "if True:"), TIME),
        (
            (
                "if isinstance(indexes, range) and indexes.step == 1:",
                "if isinstance(indexes, range) and indexes.step == (0):",
                "if False:",
            ),
            TIME,
        ),
        (("if len(set(inputs)) == len(inputs):", "if False:"), TIME),
    ],
    "flow/merge.py": [
        (
            (
                "missing = frozenset() if matrix.placed == matrix.count else _missing(matrix)",
                "missing = (_missing(matrix))",
            ),
            TIME,
        ),
        (
            (
                "if uneven and not matrix.final and len(vectors):",
                "if ((uneven) and (not matrix.final)):",
            ),
            "Of no vectors none is brought to unit length: numpy is imported in vain.",
        ),
        (
            (
                "errors=dict(sorted(errors.items())) if errors else {},",
                "errors=(dict(sorted(errors.items()))),",
            ),
            TIME,
        ),
        (
            (
                "truncated=tuple(sorted(pieces.truncated - errors.keys())) if pieces.truncated else (),",
                "truncated=(tuple(sorted(pieces.truncated - errors.keys()))),",
            ),
            TIME,
        ),
    ],
    "flow/faults.py": [
        (
            ("if memoryview(vector)[0] != QUOTE:", "if memoryview(vector)[(-1)] != QUOTE:"),
            "What ends with a quote begins with one: it was read as JSON before.",
        ),
        (
            (
                "return msgspec.json.decode(vector, type=str).encode()",
                "return (msgspec.json.decode(vector)).encode()",
            ),
            "It begins with a quote, so it is a string.",
        ),
        (
            ('return array("f", values).tobytes()', "return None"),
            "Reached where pack refuses what is beyond float32: on Python 3.13.15, not on 3.11.",
        ),
    ],
    "flow/vectors.py": [
        (("if indexes is None or indexes == in_order:", "if ((indexes is None)):"), TIME),
        (
            (
                f"return len(texts) >= SEVERAL and {DIFFERENT} >= SEVERAL",
                f"return (({DIFFERENT} >= SEVERAL))",
            ),
            TIME,
        ),
        (("ROWS = 1024", "ROWS = (1025)", "ROWS = (1023)"), TIME),
        (("if not _as_a_block(matrix, part, places):", "if True:"), TIME),
        (
            ("if not isinstance(vectors, Vectors) or matrix.form != Form(matrix.form.dimensions):", "if True:"),
            TIME,
        ),
        (
            (
                "if not isinstance(places, range) or places.step != 1 or places.stop > matrix.count:",
                "if not isinstance(places, range) or places.step != (0) or places.stop > matrix.count:",
                "if not isinstance(places, range) or places.step != 1 or (places.stop >= matrix.count):",
                "if True:",
            ),
            TIME,
        ),
        (
            ("if vectors.row(0) == vectors.row(last) or not _plain(vectors.buffer, vectors.width):", "if True:"),
            TIME,
        ),
        (("return False", "return None"), FALSE),
        (
            ("matrix.close(right=True)", "pass"),
            "A matrix keeps its width while it is written to, as it does once something right was.",
        ),
        (("return True", "return (False)", "return None"), "The same is written once more, vector by vector."),
        (
            (
                "return not (NOT_FINITE[0] in high or NOT_FINITE[1] in high or TINY[0] in firsts or TINY[1] in firsts)",
                "return None",
            ),
            TIME,
        ),
        (
            (
                "size = bytes_each(form) * (form.dimensions if cut and form.dimensions else width)",
                "size = bytes_each(form) * (form.dimensions if ((cut)) else width)",
            ),
            "What is cut is cut to dimensions: the second word is for the reader that checks types.",
        ),
        (
            (
                "target = matrix.open(size // bytes_each(form), places[0] if len(places) == 1 else None)",
                "target = matrix.open(size // bytes_each(form), places[(-1)] if len(places) == 1 else None)",
            ),
            "Of one place the first is the last.",
        ),
        (
            (
                'matrix.uneven = abs(hypot(*memoryview(own).cast("f")) - 1) > UNEVEN',
                "matrix.uneven = (abs(hypot(*memoryview(own).cast('f')) - 1) >= UNEVEN)",
            ),
            "No sum of squares of float32 values has a root that is 1.001 to the last bit.",
        ),
        (
            ("if memoryview(vectors[0])[0] == QUOTE:", "if memoryview(vectors[(-1)])[0] == QUOTE:"),
            "Where they are of two kinds it is an error, whichever is read first.",
        ),
        (
            ("if memoryview(vectors[0])[0] == QUOTE:", "if memoryview(vectors[0])[(-1)] == QUOTE:"),
            "What ends with a quote begins with one: it was read as JSON before.",
        ),
        (
            (
                "if text[0] == QUOTE:  # what stands in brackets might be read as base64 too",
                "if text[(-1)] == QUOTE:  # what stands in brackets might be read as base64 too",
            ),
            "What ends with a quote begins with one.",
        ),
        (
            (
                "if text[0] == QUOTE:  # what stands in brackets might be read as base64 too",
                "if False:  # what stands in brackets might be read as base64 too",
                "if text[(1)] == QUOTE:  # what stands in brackets might be read as base64 too",
            ),
            TIME,
        ),
        (
            (
                "return pybase64.b64decode(text[1:-1], validate=True)",
                "return pybase64.b64decode(text[(2):-1], validate=True)",
                "return pybase64.b64decode(text[(0):-1], validate=True)",
                "return pybase64.b64decode(text[1:-(2)], validate=True)",
                "return pybase64.b64decode(text[:-1], validate=True)",
                "return pybase64.b64decode(text[1:], validate=True)",
            ),
            "What is cut elsewhere is no base64, and is read as a string of JSON next.",
        ),
        (("elif _plain(row, len(row)):", "elif False:"), TIME),
        (
            (
                "values[start : start + ROWS] = exact / np.where(lengths == 0, 1, lengths)",
                "values[start : start + ROWS] = exact / np.where(lengths == 0, (2), lengths)",
            ),
            "Zeros by whatever are zeros.",
        ),
    ],
    "flow/converse.py": [
        (
            (
                (
                    "if isinstance(command, Send) and isinstance(outcome.value, Reply) "
                    "and b'\"error\"' in outcome.value.body[:LOOK]:"
                ),
                "if ((isinstance(outcome.value, Reply)) and (b'\"error\"' in outcome.value.body[:LOOK])):",
                "if ((isinstance(command, Send)) and (b'\"error\"' in outcome.value.body[:LOOK])):",
            ),
            "What is sent is answered by a reply, and nothing else is.",
        ),
    ],
}
"""Module -> a line of it and what it may as well be, and the reason."""
