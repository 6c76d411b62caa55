"""Vectors that were paid for, kept in a file: see docs/cache.md."""
