"""What sentence-transformers makes of the reference texts: writes tests/data/minilm_*.

Run it in an environment of its own that has torch and sentence-transformers, on a folder with the official files:

    python scripts/reference_vectors.py FOLDER
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from reference_texts import texts

OFFICIAL = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors as its publisher gives it: float32, revision 1110a243."""
SHORTEST = ("", " \n", ".", "?", "...", "a", "I", "42", "ok", "é", "你好", "🙂")
"""Texts of one token or none, where int8 weights are furthest from float32: held to a floor of their own."""
DATA = Path(__file__).parent.parent / "tests" / "data"


def main(folder: Path) -> None:
    """Write the texts (JSON, compressed) and their vectors ((n, 384) float16), in the same order."""
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  # slow, and a wrong folder fails before it

    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != OFFICIAL:
        sys.exit(f"model.safetensors is not the official one: {found}")
    inputs = [*texts(), *SHORTEST]
    vectors = SentenceTransformer(str(folder), device="cpu").encode(inputs, batch_size=16)
    DATA.mkdir(exist_ok=True)
    written = json.dumps(inputs, ensure_ascii=False, indent=0).encode()
    (DATA / "minilm_texts.json.gz").write_bytes(gzip.compress(written, mtime=0))
    np.save(DATA / "minilm_vectors.npy", np.asarray(vectors, np.float16))
    print(f"{len(inputs)} texts, vectors {vectors.shape}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
