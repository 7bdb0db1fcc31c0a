"""The storage format of Confluence pages: a pure codec to and from the body profile."""

from __future__ import annotations
