"""What the account starts with: a JSON list of objects, each as the act `create` takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ..kernel.simulator import BadAction

if TYPE_CHECKING:
    from .acts import Acts


def load(acts: Acts, path: Path) -> None:
    """Make what the file lists, in its order.

    Raises:
        ValueError: it is no such list, or one of them cannot be made; the text names it.
        OSError: the file cannot be read.
    """
    objects = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(objects, list):
        raise ValueError(f"{path.name} is not a list of objects with 'kind' and 'name'")
    for number, fields in enumerate(objects, 1):
        try:
            acts.make(dict(fields))
        except (BadAction, ClientError, BotoCoreError, TypeError) as error:
            raise ValueError(f"{path.name}, object {number}: {error}") from error
