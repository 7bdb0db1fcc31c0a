"""Webhooks and pages: what `syncline run` serves over HTTP."""
