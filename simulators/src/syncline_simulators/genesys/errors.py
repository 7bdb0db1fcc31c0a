"""The refusals of the Platform API: `ErrorBody` and the codes it is known to carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class Refusal(Exception):
    """An answer other than success; `body` is its `ErrorBody`.

    Every property of an `ErrorBody` is optional; `contextId` is added where the correlation id is
    known, in the answer itself.
    """

    status: int
    code: str
    message: str
    params: Mapping[str, str] = field(factory=dict)
    details: Sequence[Mapping[str, str]] = ()
    entity_id: str | None = None
    limit: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(factory=dict)

    def body(self, context_id: str) -> dict[str, Any]:
        """Returns the `ErrorBody`, whose `contextId` is the `ININ-Correlation-Id` of the answer."""
        return {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": context_id,
            "messageParams": dict(self.params),
            "details": [dict(detail) for detail in self.details],
            "errors": [],
            **({"entityId": self.entity_id} if self.entity_id else {}),
            **({"limit": dict(self.limit)} if self.limit else {}),
        }


def bad_request(message: str, *, code: str = "bad.request", field_name: str = "") -> Refusal:
    """400 with the member at fault in `details`."""
    details = [{"errorCode": code, "fieldName": field_name}] if field_name else []
    return Refusal(status=400, code=code, message=message, details=details)


def invalid_value(field_name: str, reason: str) -> Refusal:
    """400 `invalid.value`."""
    return bad_request(f"{field_name}: {reason}", code="invalid.value", field_name=field_name)


def missing_field(field_name: str) -> Refusal:
    """400 `required.field.missing`."""
    code = "required.field.missing"
    return bad_request(f"{field_name} is required.", code=code, field_name=field_name)


def unknown_member(name: str, path: str) -> Refusal:
    """400 for a member that the request model does not have.

    Whether the vendor refuses or drops such members is unconfirmed; refusing keeps clients from
    believing that `published` or `variations` in a document were heard.
    """
    return bad_request(f"Unrecognized field {name!r} at {path or 'the body'}.", field_name=name)


def duplicate_name(what: str, name: str) -> Refusal:
    """400 `duplicate.name`: category and label names are unique without regard to case."""
    message = f"A {what} with the name {name!r} already exists in this knowledge base."
    return bad_request(message, code="duplicate.name", field_name="name")


def not_found(what: str, wanted: str) -> Refusal:
    """404 `not.found`."""
    message = f"The requested {what} was not found."
    return Refusal(status=404, code="not.found", message=message, entity_id=wanted)


def conflict(message: str) -> Refusal:
    """409 `general.conflict`."""
    return Refusal(status=409, code="general.conflict", message=message)


def unauthenticated(message: str, *, code: str = "bad.credentials") -> Refusal:
    """401: drop the token, ask for one, retry once."""
    return Refusal(status=401, code=code, message=message)


def missing_permission(wanted: Sequence[str]) -> Refusal:
    """403 with the permissions that would do in `messageParams`."""
    code = "missing.permissions" if len(wanted) == 1 else "missing.any.permissions"
    listed = ", ".join(wanted)
    message = f"Unable to perform the requested action. You must have: {listed}"
    return Refusal(status=403, code=code, message=message, params={"permissions": listed})


def over_limit(key: str, namespace: str, value: int) -> Refusal:
    """400 with the limit that was reached in `limit`."""
    return Refusal(
        status=400,
        code="limit.exceeded",
        message=f"The limit {key} of {value} has been reached.",
        limit={"key": key, "namespace": namespace, "value": value},
    )
