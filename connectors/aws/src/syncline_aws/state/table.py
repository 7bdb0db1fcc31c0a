"""The calls to one DynamoDB table. Every read is strongly consistent; no index, no scan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from attrs import frozen
from botocore.exceptions import BotoCoreError, ClientError

from syncline.state.records import Lease

from . import keys, refusals
from .keys import Key
from .refusals import TRIES, Clash, Unknown, code_of, pause
from .wire import Item, Value, from_wire, key_of, key_to_wire, to_wire, value_to_wire

T = TypeVar("T")

MOST_ACTIONS = 100
"""TransactWriteItems: at most so many actions ..."""
MOST_BYTES = 3_500_000
"""... and 4 MB together; some are left for what is counted besides the items."""
_READ_AT_ONCE = 100
_WRITTEN_AT_ONCE = 25


@frozen
class Change:
    """One item that is written or, with `new` None, deleted, if it still is as `old` says."""

    key: Key
    old: Item | None
    new: Item | None
    blind: bool = False
    """True where it does not matter what was there."""


class Table:
    """One table with the keys `pk` and `sk`, both texts."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    # -- reading ------------------------------------------------------------------------

    def get(self, key: Key) -> Item | None:
        """Return one item."""
        answer = self._call(
            "GetItem",
            lambda: self.client.get_item(
                TableName=self.name, Key=key_to_wire(key), ConsistentRead=True
            ),
        )
        found = answer.get("Item")
        return from_wire(found) if found else None

    def get_many(self, wanted: Iterable[Key]) -> dict[Key, Item]:
        """Return those of the items that are there."""
        left = iter(dict.fromkeys(wanted))
        found: dict[Key, Item] = {}
        while batch := list(islice(left, _READ_AT_ONCE)):
            for item in self._batch_of(batch):
                found[key_of(item)] = item
        return found

    def _batch_of(self, wanted: Sequence[Key]) -> Iterator[Item]:
        request: Any = {self.name: {"Keys": [*map(key_to_wire, wanted)], "ConsistentRead": True}}
        for attempt in range(TRIES):
            asked = request
            answer = self._call(
                "BatchGetItem", partial(self.client.batch_get_item, RequestItems=asked)
            )
            yield from map(from_wire, answer["Responses"].get(self.name, ()))
            request = answer.get("UnprocessedKeys")
            if not request:
                return
            pause(attempt)
        raise refusals.busy(self.name, "BatchGetItem")

    def query(
        self,
        partition: str,
        *,
        after: str = "",
        before: str = "",
        prefix: str = "",
        newest: bool = False,
        equal: Mapping[str, Value] | None = None,
        limit: int | None = None,
        page: int | None = None,
    ) -> Iterator[Item]:
        """Yield the items of a partition in the order of their sort keys, page by page.

        Args:
            after: only what sorts behind it.
            before: only what sorts before it; not together with `after`.
            prefix: only what begins with it; alone.
            newest: in the opposite order.
            equal: only items with these attributes. What is left out is read all the same.
            limit: how many at most.
            page: how many are read at once; a megabyte, unless told otherwise.
        """
        request = self._question(partition, after, before, prefix, newest, equal)
        if limit is not None and not equal:
            request["Limit"] = limit
        elif page is not None:
            request["Limit"] = page
        found = (item for page in self._pages(request) for item in page.get("Items", ()))
        yield from map(from_wire, islice(found, limit))

    def count(
        self, partition: str, *, equal: Mapping[str, Value] | None = None, after: str = ""
    ) -> int:
        """Return how many items a partition has; it costs as much as reading them."""
        request = self._question(partition, after, "", "", False, equal)
        request["Select"] = "COUNT"
        return sum(page["Count"] for page in self._pages(request))

    def _question(
        self,
        partition: str,
        after: str,
        before: str,
        prefix: str,
        newest: bool,
        equal: Mapping[str, Value] | None,
    ) -> dict[str, Any]:
        condition, values = "pk = :pk", {":pk": {"S": partition}}
        bounds = (("sk > :sk", after), ("sk < :sk", before), ("begins_with(sk, :sk)", prefix))
        for clause, bound in bounds:
            if bound:
                condition += f" AND {clause}"
                values[":sk"] = {"S": bound}
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ConsistentRead": True,
            "ScanIndexForward": not newest,
        }
        if equal:
            request["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in equal)
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in equal}
            values |= {f":{name}": value_to_wire(value) for name, value in equal.items()}
        return {**request, "ExpressionAttributeValues": values}

    def _pages(self, request: dict[str, Any]) -> Iterator[Any]:
        while True:
            asked = dict(request)
            page = self._call("Query", partial(self.client.query, **asked))
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    # -- writing ------------------------------------------------------------------------

    def write(self, changes: Sequence[Change], fence: Lease | None, token: str) -> None:
        """Carry out all changes or none; `token` makes a repetition of this request harmless.

        Raises:
            Clash: an item is not as it was read, or somebody else writes it at this moment.
            LeaseLost: `fence` was taken over.
            Unknown: no answer came.
        """
        if fence is None and len(changes) == 1:
            self._write_one(changes[0])
            return
        actions = [*map(self._action, changes)]
        if fence is not None:
            actions.insert(0, {"ConditionCheck": self._standing(fence)})
        try:
            self.client.transact_write_items(TransactItems=actions, ClientRequestToken=token)
        except ClientError as error:
            raise refusals.of_write(self.name, error, fence) from error
        except BotoCoreError as error:
            raise Unknown(str(error)) from error

    def _write_one(self, change: Change) -> None:
        ((verb, request),) = self._action(change).items()
        send = self.client.put_item if verb == "Put" else self.client.delete_item
        try:
            send(**request)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                raise Clash from error
            raise refusals.of_write(self.name, error, None) from error
        except BotoCoreError as error:
            raise Unknown(str(error)) from error

    def _action(self, change: Change) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self.name}
        if not change.blind and change.old is None:
            request["ConditionExpression"] = "attribute_not_exists(pk)"
        elif not change.blind and change.old is not None:
            request["ConditionExpression"] = "#v = :v"
            request["ExpressionAttributeNames"] = {"#v": "v"}
            request["ExpressionAttributeValues"] = {":v": value_to_wire(change.old["v"])}
        if change.new is None:
            return {"Delete": {**request, "Key": key_to_wire(change.key)}}
        return {"Put": {**request, "Item": to_wire(change.new)}}

    def _standing(self, fence: Lease) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "Key": key_to_wire(keys.lease(fence.name)),
            "ConditionExpression": "#owner = :owner AND fence = :fence",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {
                ":owner": {"S": fence.holder},
                ":fence": {"N": str(fence.token)},
            },
        }

    def put_all(self, items: Iterable[Item]) -> None:
        """Write different items, each by itself; all of them are there when this returns."""
        self._batches((key_of(item), {"PutRequest": {"Item": to_wire(item)}}) for item in items)

    def delete_all(self, gone: Iterable[Key]) -> None:
        """Delete items, each by itself."""
        self._batches((key, {"DeleteRequest": {"Key": key_to_wire(key)}}) for key in gone)

    def _batches(self, requests: Iterable[tuple[Key, dict[str, Any]]]) -> None:
        left = iter(requests)
        # A batch names no item twice.
        while batch := dict(islice(left, _WRITTEN_AT_ONCE)):
            self._batch([*batch.values()])

    def _batch(self, batch: list[dict[str, Any]]) -> None:
        request: Any = {self.name: batch}
        for attempt in range(TRIES):
            asked = request
            answer = self._call(
                "BatchWriteItem",
                partial(self.client.batch_write_item, RequestItems=asked),
            )
            request = answer.get("UnprocessedItems")
            if not request:
                return
            pause(attempt)
        raise refusals.busy(self.name, "BatchWriteItem")

    def update(self, key: Key, returned: str = "ALL_NEW", **request: Any) -> Item | None:
        """Return an item after a conditional update, or before it with `returned` "ALL_OLD".

        An item that was not there before is returned empty; None where the condition failed.
        """
        try:
            answer = self.client.update_item(
                TableName=self.name, Key=key_to_wire(key), ReturnValues=returned, **request
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return None
            refused = refusals.of_write(self.name, error, None)
            raise (Unknown() if isinstance(refused, Clash) else refused) from error
        except BotoCoreError as error:
            raise Unknown(str(error)) from error
        return from_wire(answer.get("Attributes", {}))

    # -- errors -------------------------------------------------------------------------

    def _call(self, verb: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except ClientError as error:
            raise refusals.failure(self.name, f"used ({verb})", error) from error
        except BotoCoreError as error:
            raise refusals.unreachable(self.name, verb, error) from error
