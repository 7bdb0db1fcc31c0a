"""Genesys Cloud Knowledge as a Syncline store."""
