"""Where does a job keep what it has? In a folder beside the output, until the output stands."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec

from any_llm.bulk import manifest as manifests
from any_llm.bulk.errors import JobChangedError, JobError
from any_llm.bulk.journal import Journal, read_only

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from any_llm.bulk.manifest import Manifest
    from any_llm.bulk.shards import Look


class Folder:
    """The names of all that belongs to one output."""

    def __init__(self, output: Path) -> None:
        """Make the folder, if it is not there."""
        self.output = output
        self.path = output.with_name(f"{output.name}.job")
        if not output.parent.is_dir():
            raise JobError(f"there is no folder {output.parent} to write {output.name} to.")
        self.path.mkdir(exist_ok=True)

    @property
    def lock(self) -> Path:
        """Held by who works on it."""
        return self.path / "lock"

    @property
    def manifest(self) -> Path:
        """What was begun, and what is done of it."""
        return self.path / "manifest.json"

    @property
    def look(self) -> Path:
        """The input's columns, and which texts come again."""
        return self.path / "look"

    @property
    def echoes(self) -> Path:
        """Vectors that a later shard needs again."""
        return self.path / "echoes.sqlite"

    def journal(self, number: int) -> Path:
        """What is paid for of a shard."""
        return self.path / f"{number:06}.journal"

    def part(self, number: int) -> Path:
        """A finished shard."""
        return self.path / f"{number:06}.part"

    def staged(self, number: int) -> Path:
        """The rows of a shard, for who is to embed it elsewhere."""
        return self.path / f"{number:06}.rows"

    def clear(self) -> None:
        """Forget the job, all but who holds it and what came through standard input.

        An actor that still writes for a driver that was killed is waited for.
        """
        for path in self.path.glob("*.journal"):
            Journal(path).close()
        for path in self.path.iterdir():
            if path != self.lock and not path.name.startswith("input."):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def tidy(self) -> None:
        """The output stands and nothing is left to do: only the manifest is still of use."""
        for path in self.path.iterdir():
            if path not in {self.lock, self.manifest}:
                path.unlink()

    def spent(self, manifest: Manifest) -> float | None:
        """USD of all that was paid for so far, in parts and in journals. None: no price is known."""
        usd = {number: done.usd for number, done in manifest.done.items()}
        for path in sorted(self.path.glob("*.journal")):
            usd[str(int(path.stem))] = read_only(path).usd  # of a part with failed rows: what it has cost too
        return None if None in usd.values() else sum(each or 0.0 for each in usd.values())

    def keep(self, look: Look) -> None:
        """Store what a look through the input has found."""
        schema = look.schema.serialize().to_pybytes()
        manifests.replace(self.look, msgspec.msgpack.encode((schema, sorted(look.repeated))))

    def kept(self) -> tuple[pa.Schema, frozenset[int]]:
        """Read it back."""
        import pyarrow as pa  # noqa: PLC0415  # only a job needs it

        schema, repeated = msgspec.msgpack.decode(self.look.read_bytes(), type=tuple[bytes, frozenset[int]])
        return pa.ipc.read_schema(pa.py_buffer(schema)), repeated


def resumed(folder: Folder, wanted: Manifest) -> Manifest | None:
    """What there is of this job; None: it has not begun. Raises JobChangedError when there is another one."""
    found = manifests.load(folder.manifest)
    if found is None:
        if folder.output.exists():
            raise JobError(f"{folder.output} is there, and no job of ours has made it. To replace it: --restart.")
        return None
    if told := found.differs(wanted):
        raise JobChangedError(
            f"{folder.output} was begun with something else: {'; '.join(told)}. "
            "Go on with what it was, or begin anew with --restart (restart=True)."
        )
    return found
