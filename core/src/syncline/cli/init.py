"""`syncline init`: a commented configuration to begin with."""

from __future__ import annotations

import argparse
import os
from importlib import resources
from pathlib import Path

from ..errors import ConfigError
from .exit_codes import DONE
from .output import say


def init(args: argparse.Namespace) -> int:
    """Write the configuration; a file that is there is kept, unless --force."""
    path = Path(args.config)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if args.force else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise ConfigError([f"{path} is there already; --force replaces it"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be written: {error.strerror}"]) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(template(args.kind))
    say([f"wrote {path}; edit it, then run `syncline check` and `syncline plan`"])
    return DONE


def template(kind: str) -> str:
    """Return the commented configuration of one kind: knowledge, files or config."""
    return (resources.files("syncline.cli") / "templates" / f"{kind}.toml").read_text("utf-8")


__all__ = ["init", "template"]
