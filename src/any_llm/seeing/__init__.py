"""What others may see of a call: log lines, hooks, spans, metrics. Names and counts, never a text."""
