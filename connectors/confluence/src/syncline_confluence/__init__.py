"""Confluence Cloud pages as a Syncline store."""
