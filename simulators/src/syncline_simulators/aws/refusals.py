"""Errors as each protocol of AWS writes them."""

from __future__ import annotations

import json
from contextvars import ContextVar
from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.responses import Response

from ..kernel.simulator import Answer
from .call import Call, Protocol

CURRENT: ContextVar[Call | None] = ContextVar("syncline_simulated_call", default=None)
"""The call that this task answers: what refuses without being shown it needs its protocol."""

_QUERY = (
    '<ErrorResponse xmlns="http://{service}.amazonaws.com/doc/2011-01-01/"><Error>'
    "<Type>{type}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{id}</RequestId></ErrorResponse>"
)
THROTTLED = {
    "autoscaling": ("Throttling", 400),
    "lambda": ("TooManyRequestsException", 429),
    "sqs": ("RequestThrottled", 403),
}
"""Code and status by which a service says that there were too many calls; others say
`ThrottlingException` with 400 (see the list of botocore's retry modes)."""


def refused(call: Call | None, code: str, message: str, status: int = 400) -> Response:
    """An error in the protocol of this call."""
    request = str(uuid4())
    headers = {"x-amzn-RequestId": request}
    if call is not None and call.protocol is Protocol.QUERY:
        kind = "Sender" if status < 500 else "Receiver"
        text = _QUERY.format(
            service=call.service, type=kind, code=code, message=escape(message), id=request
        )
        return Response(text, status, headers, media_type="text/xml")
    headers["x-amzn-ErrorType"] = code
    if call is not None and call.service == "sqs":
        headers["x-amzn-query-error"] = f"{code};Sender"
    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message})
    return Response(body, status, headers, media_type="application/x-amz-json-1.1")


def refusal(call: Call, code: str, message: str, status: int = 400) -> Answer:
    """The same, to be raised."""
    return Answer(refused(call, code, message, status))


def throttled(call: Call | None) -> Response:
    """What the service of this call says when there were too many."""
    service = "" if call is None else call.service
    code, status = THROTTLED.get(service, ("ThrottlingException", 400))
    return refused(call, code, "Rate exceeded", status)
