"""Models that run in this process: no key, no server, no network."""
