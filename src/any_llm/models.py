"""What is known of a model? Its widths, limits and price, each with the page or data it was read from.

Nothing is read before the first question. An unknown model has no facts, and works all the same.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from any_llm.packaged import packaged
from any_llm.providers.model_names import spellings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Entry = Mapping[str, Any]
    """One line of models.json."""


class ModelInfo(NamedTuple):
    """One model at one provider. None: not known."""

    provider: str
    """Empty where the same model may be served anywhere."""
    model: str
    dimensions: int | None = None
    """Width of a vector when none is asked for."""
    allowed_dimensions: tuple[int, ...] | range | None = None
    """Every width the model gives: `width in info.allowed_dimensions`. The host may take no width at all."""
    matryoshka: bool | None = None
    """Whether a vector may be cut to any of those widths and scaled to length 1 anew."""
    max_input_tokens: int | None = None
    """Tokens an input."""
    usd_per_million_tokens: float | None = None
    """Price of text, without batch or cache discounts."""
    price_source: str | None = None
    price_date: str | None = None
    """ISO date of the price's source, or of the day it was read."""
    modalities: tuple[str, ...] = ("text",)
    unit_length: bool | None = None
    """Whether vectors of full width have length 1."""
    deprecated: str | bool = False
    """ISO date on which it ends or ended; True where no date is known."""
    replaced_by: str | None = None
    source: str = ""
    """Where the facts were read."""
    read: str = ""
    """When, as an ISO date."""
    estimated: tuple[str, ...] = ()
    """Names of the fields that no source states, or that sources state differently."""

    def model_dump(self) -> dict[str, Any]:
        """Return a new dict that JSON can carry; a range of widths is {"min", "max"}."""
        fields = self._asdict()
        widths = self.allowed_dimensions
        if isinstance(widths, range):
            fields["allowed_dimensions"] = {"min": widths[0], "max": widths[-1]}
        elif widths is not None:
            fields["allowed_dimensions"] = list(widths)
        return fields | {"modalities": list(self.modalities), "estimated": list(self.estimated)}


@lru_cache(maxsize=1024)
def model_info(provider: str, model: str) -> ModelInfo | None:
    """Facts of a model as that provider offers it, else as anybody serves it (no price then). None: unknown."""
    tables = _tables()
    listed = tables.offers.get(provider.lower(), {})
    key = model if model in listed else _first(model, _spelt(provider.lower()))
    offer: Entry = listed[key] if key is not None else {}
    base = tables.models.get(offer.get("is") or _first(model, tables.names) or "", {})
    return _info(provider.lower(), key or model, base, offer) if base or offer else None


def canonical_name(provider: str, model: str) -> str | None:
    """The one name of a model that this provider is known to offer, whatever it is called there. None: not known."""
    tables = _tables()
    listed = tables.offers.get(provider.lower(), {})
    key = model if model in listed else _first(model, _spelt(provider.lower()))
    return None if key is None else listed[key].get("is") or _first(model, tables.names)


def known_models(provider: str | None = None) -> list[ModelInfo]:
    """Every offer, of one provider or of all, by name; with all of them, last, the models by themselves."""
    return sorted(_known(provider), key=lambda info: (not info.provider, info.provider, info.model.lower()))


def _known(provider: str | None) -> Iterator[ModelInfo]:
    tables = _tables()
    for name in tables.offers if provider is None else [provider.lower()]:
        for model in tables.offers.get(name, {}):
            if (info := model_info(name, model)) is not None:
                yield info
    if provider is None:
        yield from (_info("", name, base, {}) for name, base in tables.models.items())


class _Tables(NamedTuple):
    read: str
    models: Mapping[str, Entry]
    names: Mapping[str, str]
    """Every name of a model -> its key in `models`."""
    offers: Mapping[str, Mapping[str, Entry]]


@cache
def _tables() -> _Tables:
    data = packaged("models.json")
    names = {name: key for key, entry in data["models"].items() for name in (key, *entry.get("names", ()))}
    return _Tables(data["read"], data["models"], names, data["offers"])


@cache
def _spelt(provider: str) -> Mapping[str, str]:
    """Every spelling of what a provider offers -> its own; the first that is listed wins."""
    found: dict[str, str] = {}
    for model in _tables().offers.get(provider, {}):
        for name in spellings(model):
            found.setdefault(name, model)
    return found


def _first(model: str, names: Mapping[str, str]) -> str | None:
    return next((names[name] for name in spellings(model) if name in names), None)


def _info(provider: str, model: str, base: Entry, offer: Entry) -> ModelInfo:
    facts = {**base, **offer}
    widths = facts.get("allowed_dimensions")
    doubted = [field for field in base.get("estimated", ()) if field not in offer] + list(offer.get("estimated", ()))
    return ModelInfo(
        provider=provider,
        model=model,
        dimensions=facts.get("dimensions"),
        allowed_dimensions=range(widths["min"], widths["max"] + 1) if isinstance(widths, dict) else _tuple(widths),
        matryoshka=facts.get("matryoshka"),
        max_input_tokens=facts.get("max_input_tokens"),
        usd_per_million_tokens=facts.get("usd_per_million_tokens"),
        price_source=facts.get("price_source"),
        price_date=facts.get("price_date"),
        modalities=tuple(facts.get("modalities", ("text",))),
        unit_length=facts.get("unit_length"),
        deprecated=facts.get("deprecated", False),
        replaced_by=facts.get("replaced_by"),
        source="; ".join(dict.fromkeys(entry["source"] for entry in (base, offer) if entry)),
        read=_tables().read,
        estimated=tuple(sorted({*doubted})),
    )


def _tuple(widths: list[int] | None) -> tuple[int, ...] | None:
    return None if widths is None else tuple(widths)
