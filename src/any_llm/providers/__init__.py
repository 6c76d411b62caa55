"""What each provider is: rows of data, and one file for each shape of its own. Pure."""
