"""Every page answers, for every role, with what it promises."""

from __future__ import annotations

from typing import Any

import pytest

Site = Any


ADDRESSES = (
    "/",
    "/jobs/job/articles",
    "/jobs/job/conflicts",
    "/jobs/job/conflicts?which=review",
    "/jobs/job/conflicts?which=settled",
    "/jobs/job/plans",
    "/jobs/job/restrictions",
    "/jobs/job/restrictions?state=held",
    "/jobs/job/restrictions?state=unknown",
    "/jobs/job/quarantine",
    "/jobs/job/runs",
    "/jobs/job/losses",
    "/jobs/job/pairs",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_page_shows_before_anything_has_happened(site: Site, address: str) -> None:
    page = await site.get(address)
    assert page.status == 200, page.text
    assert page.html.count("<h1>") == 1
    assert 'href="#main"' in page.html


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_page_shows_a_job_in_use(site: Site, address: str) -> None:
    await site.clash()
    page = await site.get(address, "operator")
    assert page.status == 200, page.text
