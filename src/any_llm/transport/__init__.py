"""The only code that waits: one transport for threads, one for tasks, and what drives a conversation on them."""
