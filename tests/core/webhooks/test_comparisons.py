"""Proofs are compared in constant time: timing cannot be tested here, so the code is."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from syncline.webhooks import qsh, signatures, standard

REVEALING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
"""Comparisons that end at the first difference."""


def revealing(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, REVEALING) for op in node.ops):
            yield ast.unparse(node)


@pytest.mark.parametrize("module", [signatures, standard], ids=lambda module: module.__name__)
def test_no_signature_is_compared_with_an_operator(module: ModuleType) -> None:
    source = inspect.getsource(module)
    assert list(revealing(ast.parse(source))) == []
    assert "compare_digest" in source or "among(" in source


def test_the_hash_of_a_request_is_not_either() -> None:
    source = inspect.getsource(qsh.check_qsh)
    assert list(revealing(ast.parse(source))) == []
    assert "compare_digest" in source


def test_any_of_several_candidates_will_do_and_no_other() -> None:
    candidates = [b"a", b"b", b"c"]
    assert all(signatures.among(found, candidates) for found in candidates)
    assert not any(signatures.among(found, candidates) for found in (b"d", b"", b"ab"))
    assert not signatures.among(b"a", [])


def test_the_check_itself_would_notice() -> None:
    assert list(revealing(ast.parse("if header == expected: pass"))) == ["header == expected"]
    assert list(revealing(ast.parse("header in secrets"))) == ["header in secrets"]
