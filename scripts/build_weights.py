"""Rebuild the package that holds the built-in model's weights, so that the default survives its publisher.

Run it in an environment with this project, its `local` extra and the package `onnx`, on a folder of official files:

    python scripts/build_weights.py FOLDER OUT [--float32]

It checks that model.safetensors is the official one, writes the graph of any_llm.local with the weights in it, one byte
each (--float32: four, and vectors equal to the original's), and prints how near the result is to the reference vectors
and what to write into src/any_llm/local. OUT is then a project to build and publish, under a name of the publisher's.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from any_llm.local.bert import bert_weights, read_bert_config
from any_llm.local.bert_graph import bert_graph
from any_llm.local.embed import embed
from any_llm.local.extra import WEIGHTS_PACKAGE
from any_llm.local.load import BUILT_IN, open_built_in
from any_llm.local.safetensors import read_safetensors

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243, as published."""
REFERENCE = Path(__file__).parent.parent / "tests" / "data"
STEPS = 127
"""Of an int8, on either side of zero."""

PROJECT = """[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "omniembed-minilm"
version = "1.0.0"
description = "The weights of all-MiniLM-L6-v2 as one ONNX file. Data only."
license = "Apache-2.0"
license-files = ["NOTICE"]
requires-python = ">=3.9"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""
MODULE = '''"""The weights of all-MiniLM-L6-v2 as one ONNX file. Data only."""

from pathlib import Path

__version__ = "1.0.0"
MODEL_ID = "{model}"
SHA256 = "{sha256}"
SIZE_BYTES = {size}


def model_path() -> Path:
    """The installed model.onnx."""
    return Path(__file__).parent / "model.onnx"
'''
NOTICE = """{package}/model.onnx holds the weights of sentence-transformers/all-MiniLM-L6-v2, {how}.

  Origin   https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
           model.safetensors, sha256 {official}
  Licence  Apache License 2.0, http://www.apache.org/licenses/LICENSE-2.0
"""


def main() -> None:
    """Write the package and say what to do with it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--float32", action="store_true")
    asked = arguments.parse_args()
    source = (asked.folder / "model.safetensors").read_bytes()
    if hashlib.sha256(source).hexdigest() != OFFICIAL:
        sys.exit("model.safetensors is not the official one")
    config = read_bert_config((asked.folder / "config.json").read_bytes())
    weights = bert_weights(read_safetensors(source), config)
    shapes = {name: weight.shape for name, weight in weights.items()}
    model = onnx.load_from_string(
        bert_graph(
            shapes, layers=config.num_hidden_layers, heads=config.num_attention_heads, epsilon=config.layer_norm_eps
        )
    )
    fill(model.graph, weights, exact=asked.float32)
    onnx.checker.check_model(model)
    write(asked.out, model.SerializeToString(deterministic=True), exact=asked.float32)


def fill(graph: onnx.GraphProto, weights: dict[str, np.ndarray[Any, Any]], *, exact: bool) -> None:
    """Put the weights into the graph; matrices as int8, with a unit for each row of a table, each output of a layer."""
    del graph.initializer[:]
    unpack = []
    for name, weight in weights.items():
        if exact or weight.ndim == 1:
            graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
            continue
        axis = 1 if name in ("words", "positions") else 0
        unit = np.abs(weight).max(axis=axis, keepdims=True) / STEPS
        unit[unit == 0] = 1
        steps = np.rint(weight / unit).astype(np.int8)
        graph.initializer.append(onnx.numpy_helper.from_array(steps, f"{name}.steps"))
        graph.initializer.append(onnx.numpy_helper.from_array(unit.astype(np.float32), f"{name}.unit"))
        # onnxruntime does these two once, when it loads the graph.
        unpack.append(onnx.helper.make_node("Cast", [f"{name}.steps"], [f"{name}.whole"], to=onnx.TensorProto.FLOAT))
        unpack.append(onnx.helper.make_node("Mul", [f"{name}.whole", f"{name}.unit"], [name]))
    nodes = [*unpack, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def write(out: Path, model: bytes, *, exact: bool) -> None:
    """Write the project, run it once, and print what it is."""
    sha256 = hashlib.sha256(model).hexdigest()
    package = out / WEIGHTS_PACKAGE
    package.mkdir(parents=True)
    (package / "model.onnx").write_bytes(model)
    kind = "float32" if exact else "int8"
    module = MODULE.format(model=f"all-MiniLM-L6-v2-onnx-{kind}", sha256=sha256, size=len(model))
    (package / "__init__.py").write_text(module, encoding="utf-8")
    (out / "pyproject.toml").write_text(PROJECT.format(package=WEIGHTS_PACKAGE), encoding="utf-8")
    how = "unchanged" if exact else "rounded to int8 with a scale for each row or column"
    notice = NOTICE.format(package=WEIGHTS_PACKAGE, how=how, official=OFFICIAL)
    (out / "NOTICE").write_text(notice, encoding="utf-8")

    texts = json.loads(gzip.decompress((REFERENCE / "minilm_texts.json.gz").read_bytes()))
    made = embed(open_built_in(package / "model.onnx", sha256), texts, indexes=range(len(texts)), overflow="truncate")
    reference = np.load(REFERENCE / "minilm_vectors.npy").astype(np.float32)
    near = (made.vectors.to_numpy() * reference).sum(axis=1) / np.linalg.norm(reference, axis=1)
    print(f"{len(texts)} texts against sentence-transformers: cosine {near.mean():.6f}, the least {near.min():.6f}")
    print(f"{len(model)} bytes. In src/any_llm/local/load.py:\n\n    WEIGHTS_SHA256 = {sha256!r}\n")
    print(f"Vectors of other weights are other vectors: {BUILT_IN} will be reported with @{sha256[:12]}.")


if __name__ == "__main__":
    main()
