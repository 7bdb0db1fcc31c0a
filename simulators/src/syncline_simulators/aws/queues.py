"""SQS: de-duplication as it is, receipts that end, messages that come twice or out of order."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import attrs
from botocore.exceptions import ClientError
from starlette.responses import JSONResponse, Response

from .call import Call
from .cloud import Cloud, Rule, answered, members, plain, with_members
from .refusals import refusal

WINDOW = 300.0
"""Seconds in which a message with the same de-duplication id is dropped."""
DEFAULT_VISIBILITY = 30
_COPY = "copy-"
_EXPIRED = (
    "Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
)


@attrs.define(kw_only=True)
class QueueMemory:
    """What the rules know about one queue."""

    attributes: Mapping[str, str] | None = None
    sent: dict[tuple[str, str], tuple[float, dict[str, Any]]] = attrs.field(factory=dict)
    """The answer to the first message of each de-duplication id, by its scope."""
    names: dict[str, str] = attrs.field(factory=dict)
    """De-duplication ids as the sender gave them, by those that moto was given."""
    newest: dict[str, str] = attrs.field(factory=dict)
    """The newest receipt of each message."""
    visible: dict[str, tuple[str, float]] = attrs.field(factory=dict)
    """Message and end of each receipt, by moto's clock, which nobody moves."""
    copies: list[dict[str, Any]] = attrs.field(factory=list)
    """Messages of which the next delivery is a second one."""


class Queues:
    """The rules of SQS, with what they remember."""

    def __init__(self) -> None:
        self._queues: dict[str, QueueMemory] = defaultdict(QueueMemory)

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change,
            "ChangeMessageVisibilityBatch": self._change_batch,
            "SetQueueAttributes": self._configure,
            "DeleteQueue": self._configure,
        }

    async def _configure(self, cloud: Cloud, call: Call) -> Response:
        self._queues.pop(_name(call), None)
        return await plain(cloud, call)

    async def _attributes(self, cloud: Cloud, call: Call) -> Mapping[str, str]:
        memory = self._queues[_name(call)]
        if memory.attributes is None:
            try:
                found = await cloud.ask(
                    "sqs",
                    "get_queue_attributes",
                    QueueUrl=call.params["QueueUrl"],
                    AttributeNames=["All"],
                )
            except ClientError:
                return {}
            memory.attributes = dict(found.get("Attributes", {}))
        return memory.attributes

    # Sending: moto never de-duplicates by itself, because each message has another id for it.

    async def _send(self, cloud: Cloud, call: Call) -> Response:
        if not _fifo(call):
            return await plain(cloud, call)
        attributes = await self._attributes(cloud, call)
        key = _key(call.params, attributes)
        if key is None:
            return await plain(cloud, call)
        memory = self._queues[_name(call)]
        before = self._before(cloud, memory, key)
        if before is not None:
            return JSONResponse(before)
        passed = await cloud.forward(
            call.with_params(self._renamed(cloud, memory, call.params, key))
        )
        if passed.status == 200:
            memory.sent[key] = (cloud.elapsed() + WINDOW, members(passed))
        return answered(passed)

    async def _send_batch(self, cloud: Cloud, call: Call) -> Response:
        if not _fifo(call):
            return await plain(cloud, call)
        attributes = await self._attributes(cloud, call)
        memory = self._queues[_name(call)]
        repeated: list[dict[str, Any]] = []
        fresh: list[dict[str, Any]] = []
        keys: dict[str, tuple[str, str]] = {}
        for entry in call.params.get("Entries") or ():
            key = _key(entry, attributes)
            before = None if key is None else self._before(cloud, memory, key)
            if before is not None:
                repeated.append({"Id": entry["Id"], **before})
            elif key in keys.values():
                # A twin in one batch is answered like its first, whose id is known only later.
                repeated.append({"Id": entry["Id"], "of": key})
            else:
                fresh.append(entry if key is None else self._renamed(cloud, memory, entry, key))
                if key is not None:
                    keys[entry["Id"]] = key
        found: dict[str, Any] = {"Successful": [], "Failed": []}
        if fresh:
            passed = await cloud.forward(call.with_params({**call.params, "Entries": fresh}))
            if passed.status != 200:
                return answered(passed)
            found |= members(passed)
        for done in found["Successful"]:
            if done["Id"] in keys:
                told = {name: value for name, value in done.items() if name != "Id"}
                memory.sent[keys[done["Id"]]] = (cloud.elapsed() + WINDOW, told)
        for entry in repeated:
            twin = entry.pop("of", None)
            found["Successful"].append(entry | (memory.sent[twin][1] if twin else {}))
        return JSONResponse({name: value for name, value in found.items() if value})

    def _before(
        self, cloud: Cloud, memory: QueueMemory, key: tuple[str, str]
    ) -> dict[str, Any] | None:
        until, answer = memory.sent.get(key, (0.0, {}))
        return answer if cloud.elapsed() < until else None

    def _renamed(
        self, cloud: Cloud, memory: QueueMemory, entry: Mapping[str, Any], key: tuple[str, str]
    ) -> dict[str, Any]:
        unique = cloud.ids.uuid()
        memory.names[unique] = key[1]
        return {**entry, "MessageDeduplicationId": unique}

    # Receiving

    async def _receive(self, cloud: Cloud, call: Call) -> Response:
        memory = self._queues[_name(call)]
        if memory.copies:
            return JSONResponse({"Messages": [memory.copies.pop(0)]})
        attributes = await self._attributes(cloud, call) if _fifo(call) else {}
        passed = await cloud.forward(call)
        if passed.status != 200:
            return answered(passed)
        found = members(passed)
        messages = found.get("Messages") or []
        if _fifo(call):
            self._remember(memory, messages, _visibility(call, attributes))
        elif cloud.habits.reorder:
            cloud.chance.shuffle(messages)
        for message in messages:
            _restored(memory, message)
        self._copy(cloud, call, memory, messages)
        return with_members(passed, found)

    def _remember(
        self, memory: QueueMemory, messages: list[dict[str, Any]], visibility: float
    ) -> None:
        for message in messages:
            handle, message_id = message["ReceiptHandle"], message["MessageId"]
            memory.newest[message_id] = handle
            memory.visible[handle] = (message_id, time.monotonic() + visibility)

    def _copy(
        self, cloud: Cloud, call: Call, memory: QueueMemory, messages: list[dict[str, Any]]
    ) -> None:
        if _fifo(call):
            return
        for message in messages:
            if cloud.chance.random() < cloud.habits.duplicate:
                memory.copies.append({**message, "ReceiptHandle": _COPY + cloud.ids.uuid()})

    # Acknowledging

    async def _delete(self, cloud: Cloud, call: Call) -> Response:
        handle = str(call.params.get("ReceiptHandle", ""))
        if handle.startswith(_COPY):
            return JSONResponse({})
        if _fifo(call) and self._stale(_name(call), handle):
            message = _EXPIRED.format(handle=handle)
            raise refusal(call, "InvalidParameterValue", message)
        return await plain(cloud, call)

    async def _delete_batch(self, cloud: Cloud, call: Call) -> Response:
        entries = list(call.params.get("Entries") or ())
        copies = [entry for entry in entries if entry["ReceiptHandle"].startswith(_COPY)]
        stale = [
            entry
            for entry in entries
            if _fifo(call) and self._stale(_name(call), entry["ReceiptHandle"])
        ]
        rest = [entry for entry in entries if entry not in copies and entry not in stale]
        found: dict[str, Any] = {"Successful": [], "Failed": []}
        if rest or not entries:
            passed = await cloud.forward(call.with_params({**call.params, "Entries": rest}))
            if passed.status != 200:
                return answered(passed)
            found |= members(passed)
        found["Successful"] += [{"Id": entry["Id"]} for entry in copies]
        found["Failed"] += [_failed(entry) for entry in stale]
        return JSONResponse({name: value for name, value in found.items() if value})

    async def _change(self, cloud: Cloud, call: Call) -> Response:
        handle = str(call.params.get("ReceiptHandle", ""))
        if handle.startswith(_COPY):
            return JSONResponse({})
        passed = await cloud.forward(call)
        if passed.status == 200:
            self._keep(_name(call), call.params)
        return answered(passed)

    async def _change_batch(self, cloud: Cloud, call: Call) -> Response:
        entries = list(call.params.get("Entries") or ())
        copies = [entry for entry in entries if entry["ReceiptHandle"].startswith(_COPY)]
        rest = {entry["Id"]: entry for entry in entries if entry not in copies}
        found: dict[str, Any] = {"Successful": [], "Failed": []}
        if rest or not entries:
            passed = await cloud.forward(
                call.with_params({**call.params, "Entries": [*rest.values()]})
            )
            if passed.status != 200:
                return answered(passed)
            found |= members(passed)
        for done in found["Successful"]:
            self._keep(_name(call), rest[done["Id"]])
        found["Successful"] += [{"Id": entry["Id"]} for entry in copies]
        return JSONResponse({name: value for name, value in found.items() if value})

    def _keep(self, queue: str, entry: Mapping[str, Any]) -> None:
        memory, handle = self._queues[queue], str(entry["ReceiptHandle"])
        if handle in memory.visible:
            until = time.monotonic() + int(entry["VisibilityTimeout"])
            memory.visible[handle] = (memory.visible[handle][0], until)

    def _stale(self, queue: str, handle: str) -> bool:
        """Whether the message of a receipt is visible again, or was handed out anew."""
        memory = self._queues[queue]
        if handle not in memory.visible:
            return False
        message, until = memory.visible[handle]
        return memory.newest[message] != handle or time.monotonic() >= until


def _name(call: Call) -> str:
    return str(call.params.get("QueueUrl", "")).rpartition("/")[2]


def _fifo(call: Call) -> bool:
    return _name(call).endswith(".fifo")


def _key(entry: Mapping[str, Any], attributes: Mapping[str, str]) -> tuple[str, str] | None:
    """Scope and de-duplication id of a message; None where it has none and moto shall say so."""
    if not entry.get("MessageGroupId"):
        return None
    found = entry.get("MessageDeduplicationId")
    if not found and attributes.get("ContentBasedDeduplication") == "true":
        found = hashlib.sha256(str(entry["MessageBody"]).encode()).hexdigest()
    if not found:
        return None
    by_group = attributes.get("DeduplicationScope") == "messageGroup"
    return (str(entry["MessageGroupId"]) if by_group else "", str(found))


def _visibility(call: Call, attributes: Mapping[str, str]) -> float:
    given = call.params.get("VisibilityTimeout")
    return float(
        attributes.get("VisibilityTimeout", DEFAULT_VISIBILITY) if given is None else given
    )


def _restored(memory: QueueMemory, message: dict[str, Any]) -> None:
    attributes = message.get("Attributes") or {}
    given = attributes.get("MessageDeduplicationId")
    if given in memory.names:
        attributes["MessageDeduplicationId"] = memory.names[given]


def _failed(entry: Mapping[str, Any]) -> dict[str, Any]:
    handle = entry["ReceiptHandle"]
    return {
        "Id": entry["Id"],
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": _EXPIRED.format(handle=handle),
    }
