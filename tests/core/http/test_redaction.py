"""Redaction of texts and log records."""

from __future__ import annotations

import base64
import json
import logging
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.ports import Secret
from syncline.redaction import MASK, RedactingFilter, Registry, printable, redact, register

# Texts as secrets come: no blanks at the ends, long enough to be told from ordinary words.
SECRETS = st.text(st.characters(codec="utf-8"), min_size=8, max_size=40).filter(
    lambda s: s == s.strip() and s.isprintable()
)


@given(SECRETS, st.binary(max_size=7), st.binary(max_size=7))
@settings(max_examples=60, deadline=None)
def test_every_spelling_of_a_known_secret_is_masked(
    secret: str, before: bytes, after: bytes
) -> None:
    registry = Registry()
    registry.add(Secret(secret))
    for spelling in (
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        repr(secret.encode())[2:-1],
        secret.encode().hex(),
    ):
        assert spelling not in registry.mask(f"<{spelling}>")
    raw = secret.encode()
    encoded = base64.b64encode(before + raw + after).decode()
    start = -(-len(before) * 4 // 3) + 1
    inner = encoded[start : start + len(raw) * 4 // 3 - 3]
    assert inner not in registry.mask(encoded)


def test_a_text_without_secrets_is_left_as_it_is() -> None:
    registry = Registry()
    registry.add("hunter2hunter2")
    text = "kb:3f1c: version is 7, expected 6; it was edited during the pass"
    assert registry.mask(text) == text
    assert redact(text) == text
    assert redact("no token: the region is wrong") == "no token: the region is wrong"


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    registry = Registry()
    registry.add("abc")
    assert registry.mask("abc abcd, abc") == f"{MASK} abcd, {MASK}"


def test_a_secret_that_contains_another_is_masked_whole() -> None:
    registry = Registry()
    registry.add("secret-one")
    registry.add("secret-one-and-more")
    assert registry.mask("secret-one-and-more") == MASK


def test_tokens_that_come_and_go_are_forgotten_in_time_and_secrets_never() -> None:
    registry = Registry()
    registry.add("a-lasting-secret")
    for n in range(100):
        registry.add(f"passing-token-{n:03}", lasting=False)
    assert registry.mask("a-lasting-secret passing-token-099 passing-token-000") == (
        f"{MASK} {MASK} passing-token-000"
    )


def test_an_empty_secret_masks_nothing() -> None:
    registry = Registry()
    registry.add("")
    registry.add("  ")
    assert registry.mask("a  b") == "a  b"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic YW5uOnBhc3N3b3Jk",
        "{'authorization': 'Bearer eyJhbGciOiJ.xyz-123'}",
        "[(b'Authorization', b'Bearer eyJhbGciOiJ.xyz-123')]",
        "curl -H 'Bearer eyJhbGciOiJ.xyz-123'",
        "GET https://host/x?access_token=eyJhbGciOiJ&limit=5",
        '{"access_token": "eyJhbGciOiJ", "expires_in": 5}',
        "client_secret=eyJhbGciOiJ",
        "X-Api-Key: eyJhbGciOiJ",
        "Set-Cookie: session=eyJhbGciOiJ; Path=/",
        "https://ann:eyJhbGciOiJ@host/path",
        "https://bucket/key?X-Amz-Signature=eyJhbGciOiJ",
        "password=eyJhbGciOiJ",
    ],
)
def test_what_looks_like_a_credential_is_masked_even_if_it_is_not_known(text: str) -> None:
    shown = redact(text)
    assert "eyJ" not in shown
    assert "YW5u" not in shown
    assert MASK in shown


def test_a_secret_that_is_a_common_word_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline.redaction._known", Registry())
    for secret in ("secret", "a-key,with-a-comma"):
        register(secret)
    assert redact("client_secret=eyJhbGciOiJ") == f"client_{MASK}={MASK}"
    assert redact("password=a-key,with-a-comma!") == f"password={MASK}!"


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_redaction_of_a_long_text_takes_linear_time() -> None:
    for text in ("authorization:", "https://a", "token=", "Bearer ", "a", "a.b_", ":// @", '"'):
        started = time.process_time()
        redact(text * (100_000 // len(text)))
        assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("two\nlines", r"two\nlines"),
        ("\x1b[2Jcleared", r"\x1b[2Jcleared"),
        ("right-to-left \u202egpj.exe", r"right-to-left \u202egpj.exe"),
        ("line\u2028separator", r"line\u2028separator"),
        ("half \ud83d", r"half \ud83d"),
        ("Grüße – 東京 🙂", "Grüße – 東京 🙂"),
    ],
)
def test_control_characters_of_a_title_are_shown_escaped(title: str, shown: str) -> None:
    assert printable(title) == shown
    assert shown.encode()


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    """Records as they leave a filtered handler."""
    records: list[logging.LogRecord] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Kept()
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("syncline.test.redaction")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield records
    logger.removeHandler(handler)


def test_a_record_is_clean_in_message_fields_and_traceback(log: list[logging.LogRecord]) -> None:
    register("s3cr3t-of-a-record")
    logger = logging.getLogger("syncline.test.redaction")
    try:
        raise ValueError("s3cr3t-of-a-record")
    except ValueError:
        logger.exception(
            "title %s\n%s",
            "a\x1b[31m",
            "s3cr3t-of-a-record",
            extra={"ref": "kb:1", "deep": {"k": ["s3cr3t-of-a-record", 7]}, "n": 3},
            stack_info=True,
        )
    (record,) = log
    text = logging.Formatter().format(record)
    assert "s3cr3t-of-a-record" not in text + repr(vars(record))
    assert text.startswith(rf"title a\x1b[31m\n{MASK}")
    assert "ValueError: ***" in text
    assert (vars(record)["ref"], vars(record)["n"]) == ("kb:1", 3)
    assert vars(record)["deep"] == {"k": [MASK, 7]}


def test_a_record_whose_arguments_do_not_fit_is_still_logged_and_clean(
    log: list[logging.LogRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    register("s3cr3t-of-a-misfit")
    logger = logging.getLogger("syncline.test.redaction")
    logger.warning("%d items", "s3cr3t-of-a-misfit")
    assert log[0].getMessage() == "%d items (its arguments do not fit)"
    assert capsys.readouterr().err == ""
    assert sys.exc_info() == (None, None, None)


def test_a_dictionary_as_argument_is_formatted_by_name(log: list[logging.LogRecord]) -> None:
    logging.getLogger("syncline.test.redaction").info("%(a)s-%(b)s", {"a": 1, "b": 2})
    assert log[0].getMessage() == "1-2"
