"""People settle conflicts in a real browser: with the mouse, with keys alone, on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.long(60)]

Open = Callable[..., Any]
ROOT = Path(__file__).parents[3]


def bodies(world: Any, title: str) -> tuple[str, str]:
    """The bodies of both sides as their people see them."""
    return json.dumps(world.wiki.titled(title)), json.dumps(world.kb.titled(title))


def test_a_conflict_is_settled_with_the_mouse(visit: Open, world: Any) -> None:
    editor = visit("editor")
    page = editor.page
    editor.shot("overview")
    page.get_by_role("link", name="conflicts").first.click()
    editor.shot("conflicts")
    page.get_by_role("link", name="Vouchers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vouchers")
    editor.shot("conflict", "The texts")
    editor.shot("choices", "Your choice")
    page.get_by_role("button", name="Take right (kb)").click()
    expect(page.locator("main")).to_contain_text(re.compile("settled|done", re.IGNORECASE))
    editor.shot("settled")
    left, right = bodies(world, "Vouchers")
    assert "2 years" in left
    assert "2 years" in right
    assert "5 years" not in left


def test_a_conflict_is_settled_with_keys_alone(visit: Open, world: Any) -> None:
    editor = visit(None)
    page, title = editor.page, "A return after thirty days"
    editor.open("/")
    expect(page.get_by_label("Your token")).to_be_focused()
    page.keyboard.type("edith-0123456789abcdef")
    editor.press("Enter")
    page.wait_for_url(world.url + "/")
    editor.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    editor.press("Enter")
    editor.tab_to("conflicts")
    editor.press("Enter")
    page.wait_for_url("**/conflicts*")
    editor.tab_to(title)
    editor.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    editor.tab_to("Take left (wiki)")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "where the focus is cannot be seen"
    editor.press("Space")
    expect(page.locator("main")).to_contain_text(re.compile("settled|done", re.IGNORECASE))
    left, right = bodies(world, title)
    assert "until day 60" in left
    assert "until day 60" in right


def test_a_conflict_is_settled_on_a_phone(visit: Open, world: Any) -> None:
    editor = visit("editor", width=360, height=740, scheme="dark")
    page, title = editor.page, "Carriers and cut-off times"
    editor.open("/jobs/handbook/conflicts")
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    button = page.get_by_role("button", name="Take left (wiki)")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    button.click()
    expect(page.locator("main")).to_contain_text(re.compile("settled|done", re.IGNORECASE))
    assert all("three working days" in body for body in bodies(world, title))


def test_a_merge_is_edited_seen_and_then_applied(visit: Open, world: Any) -> None:
    editor = visit("editor")
    page, title = editor.page, "Opening hours"
    editor.open(world.conflict(title))
    page.get_by_role("link", name="Edit the merge").or_(
        page.get_by_role("button", name="Edit the merge")
    ).click()
    text = page.get_by_label(re.compile("^Text"))
    text.fill(re.sub(r"from 9 to \d+", "from 9 to 17:30", text.input_value()))
    editor.shot("edit")
    page.get_by_role("button", name="Show a preview").click()
    expect(page.locator("main")).to_contain_text("17:30")
    page.get_by_role("button", name="Apply to both sides").click()
    expect(page.locator("main")).to_contain_text(re.compile("settled|done", re.IGNORECASE))
    assert all("from 9 to 17:30" in body for body in bodies(world, title))


def test_what_moved_meanwhile_is_shown_instead_of_applied(visit: Open, world: Any) -> None:
    editor = visit("editor")
    page, title = editor.page, "Backpacks: guarantee"
    editor.open(world.conflict(title))
    item = world.kb.titled(title)
    world.kb.act(do="edit", id=item["id"], replace={"old": "five years", "new": "seven years"})
    page.get_by_role("button", name="Take left (wiki)").click()
    expect(page.locator("main")).to_contain_text("seven years")
    left, right = bodies(world, title)
    assert "three years" in left
    assert "seven years" in right


def test_a_viewer_sees_no_choice_and_sends_none(visit: Open, world: Any) -> None:
    viewer = visit("viewer")
    page = viewer.page
    viewer.open("/jobs/handbook/conflicts?which=settled")
    main = page.locator("main")
    assert main.locator("form[method=post]").count() == 0
    answer = page.evaluate(
        """async () => {
          const csrf = document.querySelector('input[name=csrf]').value;
          const body = new URLSearchParams({csrf});
          const answer = await fetch('/jobs/handbook/sync', {method: 'POST', body});
          return [answer.status, await answer.text()];
        }"""
    )
    assert answer[0] == 403
    assert "operator" in answer[1]
    viewer.complains = True  # Chromium tells of the 403


def test_logging_out_leaves_nothing_behind(visit: Open, world: Any) -> None:
    editor = visit("editor")
    page = editor.page
    (cookie,) = editor.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    assert editor.context.cookies() == []
    page.go_back()
    expect(page.get_by_label("Your token")).to_be_visible()


def test_an_article_says_what_became_of_it_and_why(visit: Open, world: Any) -> None:
    viewer = visit("viewer")
    page = viewer.page
    viewer.open("/jobs/handbook/articles")
    page.get_by_role("searchbox").fill("refund")
    viewer.press("Enter")
    page.wait_for_url("**/articles?*")
    page.get_by_role("link", name="When does a refund arrive?").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("When does a refund arrive?")
    for number in range(2):
        frame = page.frame_locator("iframe").nth(number)
        expect(frame.get_by_text("Bank transfer")).to_be_visible()
    viewer.shot("article")
    viewer.open("/jobs/handbook/restrictions")
    expect(page.locator("main")).to_contain_text("Head lamps")
    viewer.shot("restrictions")


def test_the_guide_shows_the_pictures_that_tests_take() -> None:
    taken = set(re.findall(r'\.shot\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    guide = ROOT / "docs" / "knowledge-managers.md"
    shown = set(re.findall(r"\(images/(\w+)\.png\)", guide.read_text(encoding="utf-8")))
    assert taken == shown
    assert all((guide.parent / "images" / f"{name}.png").is_file() for name in shown)
