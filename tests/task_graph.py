"""A graph that takes a task beside the tokens, as jina-embeddings-v3's does: a token's row plus the task."""

from __future__ import annotations

from any_llm.local.protobuf import message, number, text

FLOAT, INT64 = 1, 7
WIDTH = 3


def task_graph(vocabulary: int) -> bytes:
    """Write it: input_ids (n, tokens) and task_id () -> (n, tokens, WIDTH). Row i of its table is i, i + 1, i + 2."""
    import numpy as np

    table = (np.arange(vocabulary, dtype="<f4")[:, None] + np.arange(WIDTH, dtype="<f4")).tobytes()
    graph = [
        message(1, _node("Gather", ["table", "input_ids"], "rows")),
        message(1, _node("Cast", ["task_id"], "task", to=FLOAT)),
        message(1, _node("Add", ["rows", "task"], "last_hidden_state")),
        text(2, "tasks"),
        message(5, number(1, vocabulary) + number(1, WIDTH) + number(2, FLOAT) + text(8, "table") + message(9, table)),
        message(11, _value("input_ids", INT64, "n", "tokens")),
        message(11, _value("task_id", INT64)),
        message(12, _value("last_hidden_state", FLOAT, "n", "tokens", WIDTH)),
    ]
    return number(1, 8) + message(7, b"".join(graph)) + message(8, text(1, "") + number(2, 17))


def _node(operator: str, inputs: list[str], output: str, **attributes: int) -> bytes:
    names = [text(1, name) for name in inputs]
    settings = [message(5, text(1, name) + number(3, value) + number(20, 2)) for name, value in attributes.items()]
    return b"".join([*names, text(2, output), text(4, operator), *settings])


def _value(name: str, element: int, *shape: str | int) -> bytes:
    sizes = [number(1, size) if isinstance(size, int) else text(2, size) for size in shape]
    return text(1, name) + message(
        2, message(1, number(1, element) + message(2, b"".join(message(1, x) for x in sizes)))
    )
