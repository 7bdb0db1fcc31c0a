"""A link that is led to the other side's article is no loss of anybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from syncline.body import rewrite_links

MakePair = Callable[..., Any]


def own_links_only(value: Any) -> Any:
    """Hold links to articles of its own only, as a wiki does."""
    body = rewrite_links(value.body, lambda href: None if ":doc/kb:" in href else href)
    return evolve(value, body=body)


async def test_losses_and_plans_are_told_of_the_text_as_it_would_be_carried(
    make_pair: MakePair,
) -> None:
    pair = make_pair(left={"project": own_links_only})
    other = pair.right.write("Other", "<p>o</p>")
    await pair.sync()
    pair.right.write("Linking", f'<p>see <a href="syncline:doc/{other}">this</a></p>')
    plan = await pair.session.plan()
    assert [(item.title, item.losses) for item in plan.items] == [("Linking", ())]
    losses = {item.title: item.losses async for item in pair.session.losses()}
    assert losses["Linking"] == ()
