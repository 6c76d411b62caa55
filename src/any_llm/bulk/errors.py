"""What can go wrong with a job, and what to do about it.

AnyLLMError
└── JobError               a job cannot begin, or cannot go on
    ├── JobHeldError       another process works on it
    ├── JobChangedError    its input, its model or an option is not what it was begun with
    ├── JobStoppedError    it was asked to stop, and has saved what it had
    └── JobStorageError    (also OSError) what would be paid for could not be stored
"""

from __future__ import annotations

from any_llm.exceptions import AnyLLMError


class JobError(AnyLLMError):
    """A job cannot begin, or cannot go on. What was paid for is kept."""

    default_message = "The job cannot go on"


class JobHeldError(JobError):
    """Another process works on this job. Wait for it, or end it: what it has paid for is not lost."""


class JobChangedError(JobError):
    """The job was begun with another input, model or option. Give it those, or begin anew with restart=True."""


class JobStoppedError(JobError):
    """The job was asked to stop. The same call goes on where it stopped."""


class JobStorageError(JobError, OSError):
    """There is no room for what would be paid for, so nothing more was sent. Make room; the same call goes on."""
