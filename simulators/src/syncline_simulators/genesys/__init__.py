"""A local stand-in for Genesys Cloud: knowledge bases, response assets, jobs and OAuth clients."""

from ..kernel.simulator import Options
from .simulator import ENDPOINTS, GenesysCloud

__all__ = ["ENDPOINTS", "GenesysCloud", "build"]


def build(options: Options) -> GenesysCloud:
    """A new organisation with an empty knowledge base."""
    return GenesysCloud(options)
