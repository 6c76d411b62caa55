"""What happens to a call, in reading order: plan, tokens, converse, retry, pace, memory, vectors, merge. Pure."""
