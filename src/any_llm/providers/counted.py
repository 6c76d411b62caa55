"""How many tokens does a reply say were read? What is no count is none: good vectors do not fail for it."""

from __future__ import annotations

MOST = 2**53
"""No request has more; beyond it a JSON number is no exact one."""


def counted(said: object, *names: str) -> int | None:
    """Read a count, or the first of these members of a usage object that is given. None: nothing that can be right."""
    if names:
        usage = said if isinstance(said, dict) else {}
        said = None
        for name in names:
            if (said := usage.get(name)) is not None:
                break
    if type(said) is int and 0 <= said < MOST:
        return said
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said < MOST:
        return None
    return int(said)
