"""What a folder says about its model: which weights, how they are pooled, how much text fits.

The files and their meaning are sentence-transformers' (old layout and that of its version 6), read from its source.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from any_llm.exceptions import InvalidRequestError
from any_llm.local.model import Pooling, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_WEIGHTS = (
    "model.onnx",
    "onnx/model.onnx",
    "model_quantized.onnx",
    "onnx/model_quantized.onnx",
    "model.safetensors",
)
_MODULES = ("Transformer", "Pooling", "Normalize")
_POOLINGS: Mapping[str, Pooling] = {"mean": "mean", "cls": "cls", "max": "max"}
_OFFSET_POSITIONS = ("roberta", "xlm-roberta", "camembert", "mpnet")
"""Architectures that number positions from the padding token's id on, and so read that many tokens less."""
_CHUNK = 1 << 20


class _Module(msgspec.Struct, frozen=True):
    type: str
    path: str = ""


class _PoolingConfig(msgspec.Struct, frozen=True):
    """`pooling_mode` in new files, one switch a mode in old ones."""

    pooling_mode: str | list[str] | None = None
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False
    include_prompt: bool = True

    def modes(self) -> list[str]:
        """Every mode that is on."""
        if self.pooling_mode is not None:
            return [self.pooling_mode] if isinstance(self.pooling_mode, str) else self.pooling_mode
        switches = [name for name in self.__struct_fields__ if name.startswith("pooling_mode_") and getattr(self, name)]
        return [name.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token") for name in switches]


class _Sentence(msgspec.Struct, frozen=True):
    max_seq_length: int | None = None
    do_lower_case: bool | None = None


class _Prompts(msgspec.Struct, frozen=True):
    prompts: dict[str, str] | None = None
    default_prompt_name: str | None = None


class _Config(msgspec.Struct, frozen=True):
    model_type: str | None = None
    max_position_embeddings: int | None = None
    pad_token_id: int | None = None


class _TokenizerConfig(msgspec.Struct, frozen=True):
    model_max_length: float | None = None
    """10**30 where the tokenizer has no length of its own."""


class _Padding(msgspec.Struct, frozen=True):
    pad_id: int = 0


class _Tokenizer(msgspec.Struct, frozen=True):
    padding: _Padding | None = None


def find_weights(folder: Path) -> Path | None:
    """Path of the weights to run, ONNX first. None: there are none."""
    return next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)


def revision(weights: Path) -> str:
    """Hex sha256 of the weights; those that ONNX keeps beside its graph (model.onnx_data) are added to it in order."""
    digest = hashlib.sha256()
    for path in sorted(weights.parent.glob(weights.name + "*")):
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def read_recipe(folder: Path) -> Recipe:
    """Read the configuration files. Raises InvalidRequestError for what cannot be run as it was meant."""
    modules = {
        module.type.rpartition(".")[2]: module.path for module in _read(folder / "modules.json", list[_Module], [])
    }
    if unknown := modules.keys() - _MODULES:
        raise _cannot(f"its module {', '.join(sorted(unknown))} is not one of {', '.join(_MODULES)}")
    sentence = _read(folder / "sentence_bert_config.json", _Sentence, _Sentence())
    config = _read(folder / "config.json", _Config, _Config())
    prompts = _read(folder / "config_sentence_transformers.json", _Prompts, _Prompts())
    padding = _read(folder / "tokenizer.json", _Tokenizer, _Tokenizer()).padding
    by_role = prompts.prompts or {}
    return Recipe(
        pooling=_pooling(folder / modules.get("Pooling", "1_Pooling") / "config.json", prompts=any(by_role.values())),
        normalized="Normalize" in modules,
        limit=_limit(folder, sentence, config),
        pad=padding.pad_id if padding else config.pad_token_id or 0,
        lowercase=bool(sentence.do_lower_case),
        prompts=by_role,
        default_prompt=by_role.get(prompts.default_prompt_name or "", ""),
    )


def _pooling(path: Path, *, prompts: bool) -> Pooling | None:
    config = _read(path, _PoolingConfig, None)
    if config is None:
        return None
    modes = config.modes()
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise _cannot(f"its pooling {' and '.join(modes) or 'none'} is not one of {', '.join(_POOLINGS)}")
    if prompts and not config.include_prompt:
        raise _cannot("its prompts are to be left out of the pooling (include_prompt)")
    return _POOLINGS[modes[0]]


def _limit(folder: Path, sentence: _Sentence, config: _Config) -> int | None:
    """Tokens a text: what sentence-transformers was told, else the tokenizer; never more than there are positions."""
    told: float | None = sentence.max_seq_length
    if told is None:
        told = _read(folder / "tokenizer_config.json", _TokenizerConfig, _TokenizerConfig()).model_max_length
    positions = config.max_position_embeddings
    if positions is not None and config.model_type in _OFFSET_POSITIONS:
        positions -= 1 + (config.pad_token_id or 0)
    known = [length for length in (told, positions) if length is not None]
    return int(min(known)) if known else None


_Read = TypeVar("_Read")
_Default = TypeVar("_Default")


def _read(path: Path, kind: type[_Read], missing: _Default) -> _Read | _Default:
    if not path.is_file():
        return missing
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _cannot(f"{path.name} cannot be read: {error}") from error


def _cannot(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"The folder's model cannot be run: {why}.", provider_name="local")
