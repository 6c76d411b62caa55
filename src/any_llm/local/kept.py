"""Which loaded models stay: each is loaded once for the process, and the few used last are kept."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Model = TypeVar("Model")

_KEPT = 4
_GATES = 16

# One room for the process: clients, threads and loops share what is loaded.
_models: dict[Hashable, Any] = {}
_lock = threading.Lock()
_gates = [threading.Lock() for _ in range(_GATES)]


def kept(key: Hashable, opened: Callable[[], Model]) -> Model:
    """Give the model of this key. `opened` loads it, and is called by one thread at a time."""
    model: Model | None = _used(key)
    if model is None:
        # Who wants a model that is loaded never waits for one that is being downloaded.
        with _gates[hash(key) % _GATES]:
            model = _used(key)
            if model is None:
                model = opened()
                with _lock:
                    _models[key] = model
                    if len(_models) > _KEPT:
                        del _models[next(iter(_models))]
    return model


def _used(key: Hashable) -> Any:
    with _lock:
        model = _models.pop(key, None)
        if model is not None:
            _models[key] = model  # last in, so that the one unused for longest is first out
        return model


def _after_fork() -> None:
    """Forget the parent's models in a child: their threads stayed behind, so to run one would wait for ever."""
    global _lock, _gates  # noqa: PLW0603  # the parent's may have been held by a thread that is not here
    _lock = threading.Lock()
    _gates = [threading.Lock() for _ in range(_GATES)]
    if _models:
        import ctypes  # noqa: PLC0415  # only a child of a process that loaded a model needs it

        for model in _models.values():
            # Freeing one would join those threads, and wait for ever too: so it is never freed.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(model))
        _models.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
