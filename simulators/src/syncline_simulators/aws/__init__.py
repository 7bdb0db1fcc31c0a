"""A local stand-in for AWS: moto in a process of its own, behind the rules that moto leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kernel.simulator import Options

if TYPE_CHECKING:
    from .simulator import Amazon

__all__ = ["build"]


def build(options: Options) -> Amazon:
    """A new account in one region, with nothing in it.

    Raises:
        ValueError: moto is not installed, or does not start.
    """
    try:
        from .simulator import Amazon
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{error.name} is not installed: pip install 'syncline-simulators[aws]'"
        ) from error
    return Amazon(options)
