"""From files to vectors, resumable, nothing paid twice."""

__all__: list[str] = []
