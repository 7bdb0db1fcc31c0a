"""For tests: random profile bodies and Genesys blocks, and blocks in a few words.

It needs hypothesis.
"""

from .shapes import (
    ASSET,
    READER,
    bullets,
    cell,
    item,
    numbers,
    para,
    picture,
    row,
    said,
    table,
    video,
)
from .strategies import OPAQUES, bodies, vendor_blocks

__all__ = [
    "ASSET",
    "OPAQUES",
    "READER",
    "bodies",
    "bullets",
    "cell",
    "item",
    "numbers",
    "para",
    "picture",
    "row",
    "said",
    "table",
    "vendor_blocks",
    "video",
]
