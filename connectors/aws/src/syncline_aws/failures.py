"""What boto3 raises, as Syncline's errors. Pure.

Codes are those of the services' models in botocore; an exception class may be called `…Fault`, its
code is the short one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore import exceptions as boto

from syncline.errors import (
    ConfigError,
    Forbidden,
    Held,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SynclineError,
    Unavailable,
)
from syncline.model import Ref

MISSING = frozenset(
    {
        "ResourceNotFoundException",
        "ResourceNotFound",
        "ParameterNotFound",
        "TableNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
    }
)
FORBIDDEN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    }
)
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)
"""Nothing was done: a write may be repeated after these. What botocore's `standard` mode repeats,
without `LimitExceededException`, which is a ration of hours."""
BUSY = frozenset(
    {
        "ResourceInUseException",
        "ResourceConflictException",
        "ResourceContention",
        "ScalingActivityInProgress",
        "TooManyUpdates",
        "LimitExceededException",
        "ConflictException",
    }
)
"""A change is under way or rationed: nothing was done, and seconds or hours later it may be."""
PAUSE = timedelta(seconds=30)
"""How long a write waits for a change that is under way, where AWS does not tell."""
_UNSENT = (
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.ProxyConnectionError,
    boto.SSLError,
)
_KEYLESS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.ProfileNotFound,
    boto.TokenRetrievalError,
    boto.RefreshWithMFAUnsupportedError,
)


_UNCLEAR = (
    boto.HTTPClientError,
    boto.ConnectionError,
    boto.IncompleteReadError,
    boto.ResponseStreamingError,
)
"""The request was sent, or may have been, and what came back is no answer."""


def code_of(error: Exception) -> str:
    """Return the vendor's code of an error; empty where it is not the vendor's."""
    return _told(error)[0]


def text_of(error: Exception) -> str:
    """Return the vendor's own words."""
    return _told(error)[1]


def _told(error: Exception) -> tuple[str, str]:
    if not isinstance(error, boto.ClientError):
        return "", str(error)
    told: Mapping[str, Any] = error.response.get("Error", {})
    return str(told.get("Code", "")), str(told.get("Message", ""))


def nothing_done(error: Exception) -> bool:
    """Return whether a write that ended so certainly did nothing, and may be repeated soon."""
    return isinstance(error, _UNSENT) or code_of(error) in THROTTLED


def failure(
    error: Exception, *, tried: str, ref: Ref | None, write: bool, now: datetime
) -> SynclineError:
    """Return the error that this one is for the engine.

    Args:
        tried: what was called, such as `dynamodb UpdateTable`.
        write: the call changes something: where no clear answer came, it may have.
    """
    where = f"{ref}: " if ref is not None else ""
    if isinstance(error, boto.ClientError):
        return _refusal(error, where=where, tried=tried, ref=ref, write=write, now=now)
    if isinstance(error, _KEYLESS):
        return Forbidden(
            f"{where}{tried}: no AWS credentials could be had ({error}); give the connection a "
            "profile, a role or access keys, or run where a role is attached",
            ref=ref,
        )
    if isinstance(error, boto.NoRegionError):
        return ConfigError([f"{where}{tried}: no region is known; set `region` of the connection"])
    if isinstance(error, boto.ParamValidationError):
        return Rejected(f"{where}{tried}: boto3 refuses the values: {error}", ref=ref)
    if isinstance(error, _UNSENT) or (_unclear(error) and not write):
        return Unavailable(f"{where}{tried}: AWS cannot be reached ({error!r}); try later", ref=ref)
    if _unclear(error):
        return OutcomeUnknown(
            f"{where}{tried}: sent, and no answer came ({error!r}); it will be looked at again",
            ref=ref,
        )
    return ConfigError([f"{where}{tried}: {error}; check the settings of the connection"])


def _unclear(error: Exception) -> bool:
    # Its parsers stumble over pages of proxies in ways of their own: a bare KeyError, say.
    return isinstance(error, _UNCLEAR) or not isinstance(error, boto.BotoCoreError)


def _refusal(
    error: boto.ClientError, *, where: str, tried: str, ref: Ref | None, write: bool, now: datetime
) -> SynclineError:
    code, text = _told(error)
    meta = error.response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode") or 0)
    said = f"{where}{tried}: {code or status}: {text}"
    found = _kind(code, status, said, ref=ref, write=write, now=now)
    if isinstance(found, (NotFound, Forbidden, Rejected, RateLimited, Unavailable, Held)):
        found.status, found.trace = status or None, str(meta.get("RequestId", ""))
    return found


def _kind(
    code: str, status: int, said: str, *, ref: Ref | None, write: bool, now: datetime
) -> SynclineError:
    if code in MISSING:
        return NotFound(said, ref=ref)
    if code in FORBIDDEN or (status in (401, 403) and code not in THROTTLED):
        return Forbidden(f"{said}; see the policy in the connector's README", ref=ref)
    if code in BUSY:
        return Held(said, until=now + PAUSE, ref=ref)
    if code in THROTTLED or status == 429:
        return RateLimited(said, retry_after=PAUSE.total_seconds(), ref=ref)
    if status >= 500 or not status:
        doubt = "; it may have been done and will be looked at again"
        return OutcomeUnknown(said + doubt, ref=ref) if write else Unavailable(said, ref=ref)
    return Rejected(said, ref=ref)


__all__ = [
    "BUSY",
    "MISSING",
    "PAUSE",
    "THROTTLED",
    "code_of",
    "failure",
    "nothing_done",
    "text_of",
]
