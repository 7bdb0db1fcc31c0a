"""The block model of Genesys articles and the body profile, both ways. Pure.

`decode` reads, `encode` writes, `patch` changes, `project` says in advance what is left;
`addressed` puts the vendor's addresses in, last of all.

    decode(encode(x)) == project(x)          project(project(x)) == project(x)
    decode(patch(raw, x)) == project(x)      patch(raw, decode(raw)) == raw
"""

from __future__ import annotations

from .addressed import addressed
from .decode import Decoded, decode
from .encode import encode
from .hrefs import SYMBOLIC, Addresses
from .patch import patch
from .project import project

__all__ = [
    "SYMBOLIC",
    "Addresses",
    "Decoded",
    "addressed",
    "decode",
    "encode",
    "patch",
    "project",
]
