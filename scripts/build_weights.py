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
COUNT = 1000
"""Reference texts that the tests hold the model to; a dozen of one token follow them."""
REFERENCE = Path(__file__).parent.parent / "tests" / "data"
STEPS = 127
"""Of an int8, on either side of zero."""
BLOCK = 32
"""Values that share a unit: with whole rows, the mean cosine falls below 0.9995."""

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
    """Put the weights into the graph: exact, or matrices as int8 with one unit for each BLOCK values in a row."""
    del graph.initializer[:]
    unpack = []
    for name, weight in weights.items():
        if exact or weight.ndim == 1:
            graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
            continue
        blocks = weight.reshape(-1, BLOCK)
        unit = np.abs(blocks).max(axis=1, keepdims=True) / STEPS
        unit[unit == 0] = 1
        steps = np.rint(blocks / unit).astype(np.int8)
        shape = np.array(weight.shape, np.int64)
        for part, array in (("steps", steps), ("unit", unit.astype(np.float32)), ("shape", shape)):
            graph.initializer.append(onnx.numpy_helper.from_array(array, f"{name}.{part}"))
        # onnxruntime does these three once, when it loads the graph.
        unpack += [
            onnx.helper.make_node("Cast", [f"{name}.steps"], [f"{name}.whole"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Mul", [f"{name}.whole", f"{name}.unit"], [f"{name}.blocks"]),
            onnx.helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
        ]
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
    how = "unchanged" if exact else f"rounded to int8 with a unit for each {BLOCK} values"
    notice = NOTICE.format(package=WEIGHTS_PACKAGE, how=how, official=OFFICIAL)
    (out / "NOTICE").write_text(notice, encoding="utf-8")

    texts = json.loads(gzip.decompress((REFERENCE / "minilm_texts.json.gz").read_bytes()))
    made = embed(open_built_in(package / "model.onnx", sha256), texts, indexes=range(len(texts)), overflow="truncate")
    reference = np.load(REFERENCE / "minilm_vectors.npy").astype(np.float32)
    near = ((made.vectors.to_numpy() * reference).sum(axis=1) / np.linalg.norm(reference, axis=1))[:COUNT]
    print(f"{len(near)} texts against sentence-transformers: cosine {near.mean():.6f}, the least {near.min():.6f}")
    print(f"{len(model)} bytes. In src/any_llm/local/load.py:\n\n    WEIGHTS_SHA256 = {sha256!r}\n")
    print(f"Vectors of other weights are other vectors: {BUILT_IN} will be reported with @{sha256[:12]}.")


if __name__ == "__main__":
    main()
