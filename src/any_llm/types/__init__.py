"""The nouns a caller meets: the response and its parts, and a provider's metadata."""
