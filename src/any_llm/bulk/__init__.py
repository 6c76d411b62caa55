"""From files to vectors, resumable, nothing paid twice. `pip install "omniembed[bulk]"`.

from any_llm.bulk import embed_file
embed_file("corpus.parquet", "vectors.parquet", model="openai:text-embedding-3-small", column="text")
"""

from __future__ import annotations

from any_llm.bulk.batches import aembed_batches, embed_batches
from any_llm.bulk.errors import JobChangedError, JobError, JobHeldError, JobStoppedError, JobStorageError
from any_llm.bulk.estimate import Estimate, estimate_file
from any_llm.bulk.files import aembed_file, embed_file
from any_llm.bulk.report import Progress, Report

__all__ = [
    "Estimate",
    "JobChangedError",
    "JobError",
    "JobHeldError",
    "JobStoppedError",
    "JobStorageError",
    "Progress",
    "Report",
    "aembed_batches",
    "aembed_file",
    "embed_batches",
    "embed_file",
    "estimate_file",
]
