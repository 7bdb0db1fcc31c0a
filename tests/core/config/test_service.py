"""`[service]`: what it takes, what it refuses, and where it says so."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from syncline.cli.check import secret_states
from syncline.config import Config
from syncline.config.addresses import Address, address, within
from syncline.config.connections import Load
from syncline.config.schema import schema
from syncline.config.service import Role, Service

Loaded = Callable[[str], Config]
Faults = Callable[[str], list[str]]

SERVICE = """
[service]
pages = "0.0.0.0:443"
webhooks = "[::]:8081"
name = "north"
log = "json"
hosts = ["sync.example.com"]
certificate = "tls/cert.pem"
key = "/etc/key.pem"
[service.access]
session = "8h"
[service.access.tokens."Edi Tor"]
token = { env = "EDI" }
role = "editor"
[service.access.proxy]
peers = ["10.0.0.0/8", "::1"]
user = "X-Auth-Request-Email"
groups = ""
role = "viewer"
user_roles = { "otto@example.com" = "operator" }
[service.intake]
body = 2048
rate = 5
proxies = ["10.0.0.1"]
"""


def test_a_file_without_a_service_has_its_defaults(loaded: Loaded, whole: str) -> None:
    service = loaded(whole).service
    assert service == Service()
    assert service.pages_address == Address("127.0.0.1", 8080)
    assert service.webhooks_address == Address("127.0.0.1", 8081)
    assert not service.access.configured


def test_everything_that_is_said_is_read(loaded: Loaded, whole: str, tmp_path: Path) -> None:
    service = loaded(whole + SERVICE).service
    assert service.certificate == tmp_path / "tls/cert.pem"
    assert service.key == Path("/etc/key.pem")
    assert service.access.session == timedelta(hours=8)
    assert service.access.tokens["Edi Tor"].role is Role.EDITOR
    assert service.access.proxy is not None
    assert service.access.proxy.user_roles == {"otto@example.com": Role.OPERATOR}
    assert (service.intake.body, service.intake.rate) == (2048, 5.0)
    assert str(service.webhooks_address) == "[::]:8081"


def test_a_listener_may_be_left_out(loaded: Loaded, whole: str) -> None:
    service = loaded(whole + '[service]\npages = ""\nwebhooks = ""\n').service
    assert (service.pages_address, service.webhooks_address) == (None, None)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("page = ''", "service.page: unknown key; did you mean 'pages'?"),
        ("pages = '8080'", "service.pages: '8080' is not an address such as '127.0.0.1:8080'"),
        ("pages = 'a b:1'", "service.pages: 'a b:1' is not an address such as '127.0.0.1:8080'"),
        ("pages = '::1:80'", "service.pages: '::1:80' is not an address such as '127.0.0.1:8080'"),
        ("webhooks = 'x:70000'", "service.webhooks: 'x:70000' has a port above 65535"),
        ("log = 'xml'", "service.log: 'xml' is not one of the choices; choices: json, text"),
        ("hosts = ['https://x']", "service.hosts: 'https://x' is not a host such as"),
        ("hosts = ['Sync.example']", "service.hosts: 'Sync.example' is not a host such as"),
        ("key = 'k.pem'", "service.key: certificate and key belong together; name both files"),
        (
            "access = { tokens = { a = { token = 'x' } } }",
            "service.access.tokens.a.token: a secret",
        ),
        (
            "access = { tokens = { a = { token = { env = 'A' }, role = 'boss' } } }",
            "service.access.tokens.a.role: 'boss' is not one of the choices",
        ),
        ("access = { tokens = { ' ' = { token = { env = 'A' } } } }", "service.access.tokens: ' '"),
        ("access = { session = '1s' }", "service.access.session: "),
        ("access = { proxy = { peers = [] } }", "service.access.proxy.peers: "),
        ("access = { proxy = { peers = ['x'] } }", "service.access.proxy.peers: 'x' is neither"),
        ("access = { proxy = { peers = ['::1'] } }", "service.access.proxy: nobody has a role"),
        (
            "access = { proxy = { peers = ['::1'], role = 'viewer', user = 'a b' } }",
            "service.access.proxy.user: 'a b' is not the name of a header",
        ),
        (
            "access = { proxy = { peers = ['::1'], role = 'viewer', logout = '//x' } }",
            "service.access.proxy.logout: '//x' is not a path on the same host",
        ),
        ("intake = { body = 1 }", "service.intake.body: "),
        (
            "access = { tokens = { a = { token = { nobody = 'x' } } } }",
            "service.access.tokens.a.token: there is no secret provider 'nobody'",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    faults: Faults, whole: str, more: str, line: str
) -> None:
    (found,) = faults(f"{whole}[service]\n{more}\n")
    number = len(whole.splitlines()) + 2
    assert found.startswith(f"f.toml:{number}:") or "certificate" in found or "nobody has" in found
    assert line in found


TOKENS = "access = { tokens = { a = { token = { env = 'A' } } } }\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", ["nobody would be asked", "plain http"]),
        (TOKENS, ["plain http"]),
        ("plain_http = true\n", ["nobody would be asked"]),
        (TOKENS + "plain_http = true\n", []),
        (TOKENS + "https = true\n", []),
        (TOKENS + "certificate = 'c'\nkey = 'k'\n", []),
    ],
)
def test_pages_for_other_machines_ask_who_is_there_and_do_not_tell_it_the_network(
    faults: Faults, whole: str, more: str, said: list[str]
) -> None:
    found = faults(f"{whole}[service]\npages = '192.168.1.5:8080'\n{more}")
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))
    assert all("f.toml:" in line and "service.pages: " in line for line in found)


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "[::]"])  # noqa: S104
def test_pages_on_every_address_need_the_names_they_have(
    faults: Faults, whole: str, host: str
) -> None:
    service = f"{whole}[service]\npages = '{host}:8080'\nhttps = true\n"
    (found,) = faults(service + TOKENS)
    assert "needs hosts" in found
    assert faults(service + "hosts = ['sync.example.com']\n" + TOKENS) == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_loopback_needs_nothing(faults: Faults, whole: str, host: str) -> None:
    assert faults(f"{whole}[service]\npages = '{host}:8080'\n") == []


def test_what_crosses_the_network_in_plain_http_is_warned_about(loaded: Loaded, whole: str) -> None:
    more = "pages = '10.0.0.5:80'\nwebhooks = '10.0.0.5:81'\nplain_http = true\n" + TOKENS
    webhooks, pages = loaded(f"{whole}[service]\n{more}").warnings
    assert "service.webhooks" in webhooks
    assert "unencrypted" in pages
    assert loaded(whole + SERVICE).warnings == ()


def test_a_check_tells_which_tokens_resolve(
    loaded: Loaded, whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDI", "edi-0123456789abcdef")
    config = loaded(whole + SERVICE)
    (state,) = secret_states(config)
    assert state.path == "service.access.tokens.'Edi Tor'.token"
    assert state.resolves
    assert "0123456789abcdef" not in repr(config) + repr(state)
    monkeypatch.delenv("EDI")
    (state,) = secret_states(config)
    assert state.resolves is False


def test_an_editor_of_the_file_accepts_what_the_reader_accepts(connector: Load, whole: str) -> None:
    made = schema([connector("shelf")])
    right = jsonschema.Draft202012Validator(made)
    assert not list(right.iter_errors(tomllib.loads(whole + SERVICE)))
    wrong = tomllib.loads(whole + "[service]\npage = ''\naccess = { proxy = { } }\n")
    assert len(list(right.iter_errors(wrong))) == 2


def test_each_role_may_what_those_before_it_may() -> None:
    may = [[role.may(other) for other in Role] for role in Role]
    assert may == [[True, False, False], [True, True, False], [True, True, True]]


def test_a_neighbour_is_found_whatever_the_family_of_its_socket() -> None:
    assert within("10.1.2.3", ("10.0.0.0/8",))
    assert within("::ffff:10.1.2.3", ("10.0.0.0/8",))
    assert within("fd00::5", ("10.0.0.0/8", "fd00::/8"))
    assert not within("11.1.2.3", ("10.0.0.0/8",))
    assert not within("testclient", ("10.0.0.0/8",))
    assert address("LOCALHOST:1") == Address("localhost", 1)
