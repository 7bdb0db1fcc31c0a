"""Syncline in AWS Lambda: `syncline_aws.handler.handler` is the function's handler.

It takes webhooks from API Gateway and function URLs, events from EventBridge, batches from SQS and
schedules. Nothing of it runs between two invocations: what could not be finished goes on in the
next one, because all that has to be done is in the state.
"""

from __future__ import annotations

from .host import Host, handler

__all__ = ["Host", "handler"]
