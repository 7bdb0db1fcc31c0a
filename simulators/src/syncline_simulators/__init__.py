"""Local servers that behave like each vendor's API."""
