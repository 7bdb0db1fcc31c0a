"""AWS as a Syncline store of configuration, and as a place to run it."""

from __future__ import annotations

from syncline.connector import Connector

from .settings import Settings

connector = Connector(
    name="aws",
    summary="AWS: Auto Scaling, DynamoDB, Lambda, SSM, AppConfig and Secrets Manager.",
    settings=Settings,
)

__all__ = ["Settings", "connector"]
