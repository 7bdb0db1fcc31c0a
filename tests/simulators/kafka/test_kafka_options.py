"""The file that tells Kafka how to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline_simulators.kafka.distribution import KAFKA, pom
from syncline_simulators.kafka.options import BrokerOptions, properties


def _settings(options: BrokerOptions) -> dict[str, str]:
    ports = {name: 20_000 + number for number, name in enumerate(options.listeners)}
    text = properties(options, ports=ports, controller=19_999, data=Path("/data"))
    return dict(line.split("=", 1) for line in text.splitlines())


def test_everything_listens_on_loopback() -> None:
    options = BrokerOptions(users={"a": "b"}, tls=True)
    for address in _settings(options)["listeners"].split(","):
        assert "://127.0.0.1:" in address


def test_there_is_one_listener_without_users_and_tls() -> None:
    assert BrokerOptions().listeners == ("PLAINTEXT",)
    assert BrokerOptions(tls=True).listeners == ("PLAINTEXT", "SSL")
    assert BrokerOptions(users={"a": "b"}).listeners == ("PLAINTEXT", "SASL_PLAINTEXT")


def test_other_settings_win() -> None:
    assert _settings(BrokerOptions(properties={"num.io.threads": "1"}))["num.io.threads"] == "1"


@pytest.mark.parametrize("password", ['x" user_b="y', "two\nlines", ""])
def test_a_password_cannot_say_more_than_itself(password: str) -> None:
    with pytest.raises(ValueError, match="letters, digits") as caught:
        BrokerOptions(users={"a": password})
    assert not password or password not in str(caught.value)


def test_passwords_are_not_shown() -> None:
    assert "wonder" not in repr(BrokerOptions(users={"alice": "wonder"}))


def test_maven_is_asked_for_one_version_and_told_no_place() -> None:
    assert f"<version>{KAFKA}</version>" in pom()
    assert "http" not in pom()
