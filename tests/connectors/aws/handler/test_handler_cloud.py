"""The function in an account: state in DynamoDB, a queue to itself, configuration in SSM."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline_aws.clients import Clients
from syncline_aws.handler import Host, testing
from syncline_aws.handler.nudging import ROUNDS, SOON
from syncline_aws.handler.sources import AGAIN, Parameter, source
from syncline_aws.settings import Settings
from syncline_aws.state import create_table

SECRET = "a secret of more than sixteen characters"
Event = dict[str, Any]


class Account:
    """A function in an account of its own names."""

    def __init__(self, cloud: Any, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.group = cloud.create("autoscaling-group", desired=3, min=0, max=20)
        self.table = cloud.create("dynamodb-table", read=5, write=5)
        self.state = cloud.name()
        create_table(cloud("dynamodb"), self.state)
        made = cloud("sqs").create_queue(QueueName=cloud.name())
        self.queue = str(made["QueueUrl"])
        self.clients = Clients(Settings(region="eu-central-1", endpoint=cloud.sim.url))
        self._hosts: list[Host] = []

    @property
    def configuration(self) -> str:
        """Articles of two folders, and a table that follows a group."""
        return f"""\
state = {{ connection = "cloud", table = "{self.state}" }}
[connections.cloud]
connector = "aws"
region = "eu-central-1"
endpoint = "{self.cloud.sim.url}"
queue = "{self.queue}"
[connections.wiki]
connector = "files"
path = "wiki"
[connections.wiki.webhook]
form = "generic"
scheme = "hmac"
secret = {{ aws = "webhook" }}
[connections.kb]
connector = "files"
path = "kb"
[jobs.articles]
kind = "documents"
left = "wiki"
right = "kb"
[jobs.capacity]
kind = "config"
debounce = "0s"
[[jobs.capacity.rules]]
from = {{ asg = "cloud:autoscaling-group/{self.group}" }}
to = "cloud:dynamodb-table/{self.table}#read_capacity"
expression = "asg.in_service * 10"
"""

    def begin(self, name: str = "syncline.toml") -> Host:
        """Start an environment."""
        environ = {"LAMBDA_TASK_ROOT": str(self.folder), "SYNCLINE_CONFIG": name}
        host = Host(where=source(self.clients.client, environ), environ=environ)
        self._hosts.append(host)
        return host

    def __call__(self, event: Event, seconds: float = 60) -> dict[str, Any]:
        """Invoke the function in the environment that is there."""
        host = self._hosts[-1] if self._hosts else self.begin()
        return host(event, testing.Invocation(seconds))

    def capacity(self) -> int:
        """The read capacity of the table."""
        found = self.cloud("dynamodb").describe_table(TableName=self.table)["Table"]
        return int(found["ProvisionedThroughput"]["ReadCapacityUnits"])

    def messages(self) -> list[str]:
        """What is in the queue; taken out."""
        sqs, found = self.cloud("sqs"), []
        while got := sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=2).get("Messages"):
            for message in got:
                found.append(message["Body"])
                handle = message["ReceiptHandle"]
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
        return found

    def close(self) -> None:
        """End all environments."""
        for host in self._hosts:
            host.close()
        self.clients.close()


@pytest.fixture
def account(cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A function in the simulated account, with the credentials of its role."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAROLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("wiki", "kb"):
        (tmp_path / name).mkdir()
    made = Account(cloud, tmp_path)
    (tmp_path / "syncline.toml").write_text(made.configuration)
    yield made
    made.close()


@pytest.fixture
def secret(cloud: Any, account: Account) -> None:
    """The secret of the webhook, where secrets are kept."""
    name = cloud.name()
    cloud("secretsmanager").create_secret(Name=name, SecretString=SECRET)
    text = account.configuration.replace('aws = "webhook"', f'cloud = "{name}"')
    (account.folder / "syncline.toml").write_text(text)


def delivery(gateway: Callable[..., Event], name: str) -> Event:
    body = json.dumps({"id": name}).encode()
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return gateway("/webhooks/wiki", body, headers={"X-Signature": f"sha256={mac}"})


def test_an_event_of_a_group_changes_the_table_that_follows_it(account: Account) -> None:
    account(testing.scheduled())
    assert account.capacity() == 30
    account.cloud("autoscaling").set_desired_capacity(
        AutoScalingGroupName=account.group, DesiredCapacity=5
    )
    account(testing.launched(account.group))
    assert account.capacity() == 50


def test_events_of_a_queue_change_it_once_however_often_they_come(account: Account) -> None:
    account.cloud.sim.clear_calls()
    body = json.dumps(testing.launched(account.group))
    reply = account(testing.sqs(*[body] * 10))
    assert reply == {"batchItemFailures": []}
    assert account.capacity() == 30
    account(testing.sqs(*[body] * 10))
    writes = [c for c in account.cloud.sim.calls() if c["path"] == "/dynamodb/UpdateTable"]
    assert len(writes) == 1


def test_events_of_a_stranger_change_nothing(account: Account) -> None:
    account(testing.scheduled())
    account.cloud.sim.clear_calls()
    event = {**testing.launched(account.group), "source": "acme.orders", "detail-type": "Order"}
    assert account(event) == {"jobs": {}}
    assert account(testing.sqs(json.dumps(event))) == {"batchItemFailures": []}
    paths = {call["path"] for call in account.cloud.sim.calls()}
    assert "/autoscaling/DescribeAutoScalingGroups" not in paths


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("gateway", [testing.http], ids=["v2"])
def test_a_delivery_is_stored_answered_and_worked_by_the_queue(
    account: Account, gateway: Callable[..., Event]
) -> None:
    account({"syncline": {"job": "articles", "do": "sync"}})
    (account.folder / "wiki" / "hours.md").write_text("---\ntitle: Hours\n---\n\n9 to 5\n")
    began = time.monotonic()
    assert account(delivery(gateway, "hours.md"))["statusCode"] == 202
    assert account(delivery(gateway, "hours.md"))["statusCode"] == 202
    took = time.monotonic() - began
    assert not list((account.folder / "kb").glob("*.md"))
    bodies = account.messages()
    # They share a message, unless the first one's is about to be received when the second comes.
    most = 1 if took < SOON - 0.25 else 2
    assert [json.loads(one)["syncline"]["jobs"] for one in bodies] in (
        [["articles"]] * count for count in range(1, most + 1)
    )
    account.begin()
    assert account(testing.sqs(*bodies)) == {"batchItemFailures": []}
    assert len(list((account.folder / "kb").glob("*.md"))) == 1


@pytest.mark.usefixtures("secret")
def test_an_answer_needs_no_queue(account: Account) -> None:
    account.cloud.sim.faults([{"kind": "status", "match": {"path": "/sqs/"}, "times": 9}])
    assert account(delivery(testing.http, "hours.md"))["statusCode"] == 202


@pytest.mark.usefixtures("secret")
def test_a_delivery_that_is_not_stored_is_not_accepted(account: Account) -> None:
    account(testing.http("/healthz", method="GET"))
    fault = {"kind": "status", "match": {"path": "/dynamodb/"}, "times": 99}
    account.cloud.sim.faults([fault])
    assert account(delivery(testing.http, "hours.md"))["statusCode"] == 503


def test_what_is_unfinished_goes_on_by_a_message_until_it_went_round_too_often(
    account: Account,
) -> None:
    account({"syncline": {"job": "articles", "do": "sync"}}, seconds=0)
    [body] = account.messages()
    assert json.loads(body)["syncline"] == {"do": "sync", "jobs": ["articles"], "round": 1}
    account({"syncline": {"job": "articles", "do": "sync", "round": ROUNDS}}, seconds=0)
    assert account.messages() == []


def test_the_queue_may_be_a_fifo_queue(account: Account) -> None:
    name, fifo = f"{account.cloud.name()}.fifo", {"FifoQueue": "true"}
    account.queue = account.cloud("sqs").create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
    (account.folder / "syncline.toml").write_text(account.configuration)
    for _ in range(2):
        account({"syncline": {"job": "articles", "do": "sync"}}, seconds=0)
    assert [json.loads(body)["syncline"]["round"] for body in account.messages()] == [1, 1]


def test_environments_that_work_at_the_same_time_write_once(account: Account) -> None:
    body = json.dumps(testing.launched(account.group))
    hosts = [account.begin() for _ in range(4)]
    account.cloud.sim.clear_calls()
    threads = [
        threading.Thread(target=host, args=(testing.sqs(*[body] * 5), testing.Invocation(30)))
        for host in hosts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writes = [c for c in account.cloud.sim.calls() if c["path"] == "/dynamodb/UpdateTable"]
    assert (account.capacity(), len(writes)) == (30, 1)


def test_many_articles_are_synchronised_on_a_state_in_a_table(account: Account) -> None:
    for number in range(4):
        (account.folder / "wiki" / f"a{number}.md").write_text(f"# A{number}\n")
    for _ in range(2):
        account.begin()
        account({"syncline": {"job": "articles", "do": "sync"}}, seconds=20)
    assert len(list((account.folder / "kb").glob("*.md"))) == 4


# -- where the configuration is -------------------------------------------------------------------


def test_a_configuration_in_a_parameter_is_followed(account: Account) -> None:
    ssm, name = account.cloud("ssm"), "/" + account.cloud.name()
    ssm.put_parameter(Name=name, Type="String", Value=account.configuration)
    text = Parameter(
        name=f"ssm:{name}", folder=account.folder, client=account.clients.client, parameter=name
    )
    assert text.text(0.0) == account.configuration.encode()
    ssm.put_parameter(Name=name, Type="String", Value="changed", Overwrite=True)
    assert text.text(AGAIN / 2) is None
    assert text.text(AGAIN) == b"changed"
    assert text.text(3 * AGAIN) is None


def test_a_function_reads_its_parameter(account: Account) -> None:
    name = "/" + account.cloud.name()
    account.cloud("ssm").put_parameter(Name=name, Type="String", Value=account.configuration)
    account.begin(f"ssm:{name}")
    account(testing.scheduled())
    assert account.capacity() == 30


def test_a_function_reads_its_profile_and_an_empty_answer_is_no_empty_configuration(
    account: Account,
) -> None:
    name = account.cloud.name()
    account.cloud.sim.act(
        {"do": "create", "kind": "appconfig", "name": f"{name}/live/file",
         "content": account.configuration, "content_type": "text/plain"}
    )  # fmt: skip
    environ = {"SYNCLINE_CONFIG": f"appconfig:{name}/live/file"}
    profile = source(account.clients.client, environ)
    assert profile.text(0.0) == account.configuration.encode()
    for later in (1e6, 2e6):
        account.cloud.sim.clock(advance="120s")
        assert profile.text(later) is None


def test_what_was_done_is_told_to_the_sink_of_the_connection(account: Account) -> None:
    made = account.cloud("sqs").create_queue(
        QueueName=f"{account.cloud.name()}.fifo", Attributes={"FifoQueue": "true"}
    )
    text = account.configuration.replace(
        'queue = "', f'sink_queue = "{made["QueueUrl"]}"\nqueue = "', 1
    )
    (account.folder / "syncline.toml").write_text(text)
    account({"syncline": {"job": "capacity", "do": "sync"}})
    account({"syncline": {"job": "capacity", "do": "sync"}})
    account.queue = str(made["QueueUrl"])
    [told] = [json.loads(body) for body in account.messages()]
    assert told["data"]["job"] == "capacity"
    assert told["data"]["right"] == f"cloud:dynamodb-table/{account.table}#read_capacity"
