"""Does the tree stand as drawn: imports go one way, only the outer rooms touch the world, tests mock nothing?"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import any_llm
from any_llm import bulk, exceptions
from any_llm.providers.table import ROWS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
FILES = sorted((SOURCE / "any_llm").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in FILES}
modules = pytest.mark.parametrize("module", MODULES)


class Import(NamedTuple):
    """One name a module takes from elsewhere."""

    module: str
    name: str | None
    for_types: bool


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def imports_of(path: Path) -> list[Import]:
    """All of them, those inside functions and under TYPE_CHECKING too. A submodule is named in full."""
    guards = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    guarded = {id(inner) for guard in guards for statement in guard.body for inner in ast.walk(statement)}
    found: list[Import] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, None, id(node) in guarded) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                part = (whole, None) if whole in MODULES else (node.module or "", alias.name)
                found.append(Import(*part, id(node) in guarded))
    return found


GROUND = (
    "any_llm.exceptions",
    "any_llm.checks",
    "any_llm.types",
    "any_llm.wire",
    "any_llm.work",
    "any_llm.secret",
    "any_llm.providers.row",
)


def room_of(module: str) -> str:
    if module.startswith(GROUND):
        return "ground"
    room = module.split(".")[1] if "." in module else "door"
    return room if room in MAY_SEE else "door"


MAY_SEE = {
    "ground": {"ground"},
    "providers": {"ground", "providers"},
    "flow": {"ground", "flow"},
    "transport": {"ground", "transport"},
    "local": {"ground", "providers", "local"},
    "cache": {"ground", "flow", "cache"},
    "seeing": {"ground", "flow", "seeing"},
    "door": {"ground", "providers", "flow", "transport", "local", "cache", "seeing", "door"},
    "bulk": {"ground", "bulk", "door"},
    "cli": {"ground", "cache", "bulk", "cli", "door"},
    "integrations": {"ground", "integrations", "door"},
}
FOR_TYPES = {"transport": {"flow"}}
"""What may be named in an annotation, though never loaded."""


@modules
def test_imports_go_one_way(module: str):
    room = room_of(module)
    for each in imports_of(MODULES[module]):
        if each.module.split(".")[0] == "any_llm":
            allowed = MAY_SEE[room] | (FOR_TYPES.get(room, set()) if each.for_types else set())
            assert room_of(each.module) in allowed, f"{module} imports {each.module}"


@modules
def test_flow_names_no_provider(module: str):
    names = {node.value for node in ast.walk(tree_of(MODULES[module])) if isinstance(node, ast.Constant)} & ROWS.keys()
    assert room_of(module) not in {"flow", "transport"} or names <= {"local"}, names


ONLY = {
    "any_llm.api": {"any_llm"},
    "any_llm.shared": {"any_llm.api", "any_llm.streaming"},
    "any_llm.client": {"any_llm", "any_llm.shared"},
}
"""Who may import what stands at the top."""


@pytest.mark.parametrize(("top", "importers"), ONLY.items())
def test_the_top_is_seen_from_above_alone(top: str, importers: set[str]):
    found = {module for module, path in MODULES.items() if any(each.module == top for each in imports_of(path))}
    assert found <= importers


PUBLIC = {
    "any_llm": {*any_llm.__all__, "__version__"},
    "any_llm.exceptions": {*exceptions.__all__},
    "any_llm.cache.care": {"CacheInfo", "clear", "info", "prune"},
    "any_llm.constants": {"LLMProvider"},
    "any_llm.types.completion": {"CreateEmbeddingResponse", "Embedding", "Usage"},
    "any_llm.types.provider": {"ProviderMetadata"},
    "any_llm.bulk": {*bulk.__all__},
    "any_llm.limits": {"Limiter", "SharedLimits"},
    "any_llm.models": {"ModelInfo", "known_models", "model_info"},
}


@modules
def test_the_command_line_jobs_and_integrations_see_public_names_only(module: str):
    for each in imports_of(MODULES[module]):
        room, seen = room_of(module), room_of(each.module)
        if room in {"cli", "bulk", "integrations"} and each.module.startswith("any_llm") and seen != room:
            assert each.name in PUBLIC.get(each.module, ()), f"{module} imports {each.name} from {each.module}"


PURE = {
    *("__future__", "array", "collections", "collections.abc", "contextlib", "copy", "copyreg", "datetime", "difflib"),
    *("email.utils", "enum"),
    *(
        "functools",
        "hashlib",
        "hmac",
        "importlib",
        "itertools",
        "json",
        "math",
        "msgspec",
        "numpy",
        "os",
        "os.path",
        "pybase64",
    ),
    *("pydantic_core", "random", "re", "struct", "sys", "threading", "typing", "unicodedata"),
    *("types", "urllib.parse", "warnings"),
}
"""All that may be imported by the inner rooms: nothing here waits, opens or tells the time."""
OF_THOSE = {
    "door": {
        *("os.PathLike", "os.environ", "os.fspath", "os.path", "os.register_at_fork"),
        *("sys._getframe", "threading.Lock", "threading.RLock", "threading.local"),
    },
    "providers": {"dt.datetime"},
    "flow": {
        *("os.register_at_fork", "threading.Lock", "threading.RLock", "random.random"),
        *("dt.datetime", "dt.UTC"),
    },
}
"""What may be used of the modules that could do more."""
WATCHED = {"asyncio", "datetime", "dt", "os", "random", "sys", "threading"}
CLOCKS = {"now", "utcnow", "today"}
"""Methods that tell the time."""
DEEDS = {"open", "print", "input", "exec", "eval", "breakpoint", "compile", "__import__"}


@modules
def test_only_the_outer_rooms_touch_the_world(module: str):
    room, tree = room_of(module), tree_of(MODULES[module])
    if room in {"transport", "local", "cache", "seeing", "bulk", "cli", "integrations"}:
        return
    known = PURE | ({"importlib.metadata"} if room == "door" else set())
    outside = [each for each in imports_of(MODULES[module]) if not each.module.startswith("any_llm")]
    assert {each.module for each in outside} <= known
    assert {each.module for each in outside if each.name is not None and not each.for_types} & WATCHED == set()
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    watched = {f"{node.value.id}.{node.attr}" for node in used if node.value.id in WATCHED}
    assert watched <= OF_THOSE.get(room, set())
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called & DEEDS == set()
    methods = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert methods & CLOCKS == set()


@modules
def test_a_file_answers_one_question_on_one_screen(module: str):
    text = MODULES[module].read_text(encoding="utf-8")
    assert module == "any_llm.providers.table" or len(text.splitlines()) <= 250
    assert room_of(module) != "integrations" or len([line for line in text.splitlines() if line]) <= 60
    assert text.startswith('"""')
    first = text.splitlines()[0].removesuffix('"""')
    assert first.endswith((".", "?"))
    assert len(first) > 20


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_tests_mock_nothing_of_ours(path: Path):
    imported = imports_of_test(path)
    assert not {module for module, _ in imported if {"mock", "pytest_mock"} & {*module.split(".")}}
    ours = {name for module, name in imported if module.split(".")[0] == "any_llm"}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.arg):
            assert node.arg != "mocker"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"setattr", "delattr"}
        ):
            target = ast.unparse(node.args[0]).strip("\"'").split(".")[0]
            assert target not in {"any_llm", *ours}, f"{path.name}:{node.lineno} patches {ast.unparse(node.args[0])}"


def imports_of_test(path: Path) -> list[tuple[str, str]]:
    """Modules, and the names they are bound to."""
    nodes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return [
        (
            node.module or "" if isinstance(node, ast.ImportFrom) else alias.name,
            alias.asname or alias.name.split(".")[0],
        )
        for node in nodes
        for alias in node.names
    ]
