"""What a call's conversations have brought so far, and whether that can be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from any_llm.flow.failure import unreadable

if TYPE_CHECKING:
    from any_llm.flow.setting import Answer
    from any_llm.wire import Call

DOUBT = 4
"""Bad inputs with nothing good between them, after which it is asked whether inputs are the reason at all."""


class Record:
    """Whoever writes holds the job's lock."""

    def __init__(self, call: Call) -> None:
        """Nothing has come yet."""
        self.answers: list[Answer] = []
        self._call = call
        self._models: set[str] = set()
        self._refused = 0

    @property
    def usable(self) -> bool:
        """Whether anything came, and all of it from one model: of two, nobody can tell which was asked for."""
        return bool(self.answers) and len(self._models) < 2  # noqa: PLR2004

    def add(self, answer: Answer) -> None:
        """Something went well. Raises InvalidResponseError when it is another model's."""
        self.answers.append(answer)
        self._refused = 0
        if answer.model:
            self._models.add(answer.model)
        if len(self._models) > 1:
            raise unreadable(self._call, f"its replies came from several models: {', '.join(sorted(self._models))}")

    @property
    def empty(self) -> bool:
        """Whether nothing went well yet, and nothing was found bad."""
        return not (self.answers or self._refused)

    def refuse(self) -> None:
        """An input was bad."""
        self._refused += 1

    def doubtful(self) -> bool:
        """Whether so many were bad, one after another, that it is time to ask if inputs are the reason."""
        return self._refused > 0 and self._refused % DOUBT == 0
