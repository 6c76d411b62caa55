"""How a graph is loaded into onnxruntime, on how many cores, and which of its inputs and outputs are used."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from any_llm.exceptions import InvalidRequestError
from any_llm.local.bert import bert_weights
from any_llm.local.bert_graph import bert_graph
from any_llm.local.extra import library
from any_llm.local.model import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from any_llm.local.bert import Array, BertConfig

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_INTEGERS = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
_POOLED = "sentence_embedding"
_TOKENS = ("last_hidden_state", "token_embeddings")


def open_onnx(source: bytes | Path) -> Session:
    """Load an ONNX graph. Raises InvalidRequestError when it is not an embedding model's."""
    return _open(source if isinstance(source, bytes) else str(source), _options())


def open_bert(tensors: Mapping[str, Array], config: BertConfig) -> Session:
    """Load a BERT checkpoint's tensors. Raises InvalidRequestError when they are not what config.json says."""
    weights = bert_weights(tensors, config)
    graph = bert_graph(
        {name: weight.shape for name, weight in weights.items()},
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        epsilon=config.layer_norm_eps,
    )
    options = _options()
    values = [library("onnxruntime").OrtValue.ortvalue_from_numpy(weight) for weight in weights.values()]
    # They are copied into the graph when it is loaded, so nothing need outlive this function.
    options.add_external_initializers(list(weights), values)
    return _open(graph, options)


def usable_cores() -> int:
    """How many cores this process may use: its affinity, and its control group's quota, where the system has them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no such file, or "max": no quota
        pass
    return max(cores, 1)


def _options() -> Any:
    onnxruntime = library("onnxruntime")
    onnxruntime.disable_telemetry_events()  # where the caller's program imported it before us, with telemetry on
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # its failures reach us as exceptions; stderr is the caller's
    # Spinning wins a fifth on an idle machine and loses half on a busy one (docs/local.md).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _open(source: bytes | str, options: Any) -> Session:
    try:
        runs = library("onnxruntime").InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common class below Exception
        raise InvalidRequestError(f"onnxruntime cannot load the model: {error}", error, "local") from error
    inputs = {each.name: _INTEGERS.get(each.type, each.type) for each in runs.get_inputs()}
    outputs = [each.name for each in runs.get_outputs()]
    if not {"input_ids"} <= inputs.keys() <= {*_INPUTS} or not {*inputs.values()} <= {*_INTEGERS.values()}:
        known = ", ".join(_INPUTS)
        raise InvalidRequestError(f"The graph takes {inputs}, where only {known} are known", provider_name="local")
    output = next((name for name in (_POOLED, *_TOKENS) if name in outputs), None)
    if output is None:
        known = ", ".join((_POOLED, *_TOKENS))
        raise InvalidRequestError(f"The graph gives {', '.join(outputs)}, and none of {known}", provider_name="local")
    return Session(runs=runs, inputs=inputs, output=output, pooled=output == _POOLED)
