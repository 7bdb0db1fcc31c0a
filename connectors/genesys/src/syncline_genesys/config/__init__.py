"""The configuration of a Genesys Cloud organisation: what rules read and write.

Imported late: `kinds` needs no HTTP, `store` does.
"""

from __future__ import annotations

__all__: list[str] = []
