"""Keeps systems in agreement."""
