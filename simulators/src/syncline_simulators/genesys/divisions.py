"""Divisions: who and what belongs where. People make and fill them, not clients of this API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import keeping
from .numbered import numbered
from .organization import Organization
from .serving import Call, Endpoint
from .thing import called

ROOT = "/api/v2/authorization/divisions"


def division_of(org: Organization, thing_id: str) -> dict[str, Any]:
    """The division of a user or queue; the home division unless people put it elsewhere."""
    division = org.estate.placed.get(thing_id)
    if division is None:
        return {"id": org.division, "name": "Home", "selfUri": f"{ROOT}/{org.division}"}
    name = org.estate.divisions.get(division).name
    return {"id": division, "name": name, "selfUri": f"{ROOT}/{division}"}


def _home(org: Organization) -> dict[str, Any]:
    return {**division_of(org, ""), "description": "", "homeDivision": True}


def _view(division_id: str, name: str) -> dict[str, Any]:
    named = {"id": division_id, "name": name, "description": ""}
    return {**named, "homeDivision": False, "selfUri": f"{ROOT}/{division_id}"}


def list_divisions(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the home division first, then by name."""
    ids, pattern = call.values("id"), call.query.get("name")
    others = [one for one in keeping.listed(org, org.estate.divisions) if called(one, pattern)]
    found = [_view(one.id, one.name) for one in others]
    home = [] if pattern and pattern.strip("*").casefold() not in "home" else [_home(org)]
    wanted = [one for one in [*home, *found] if not ids or one["id"] in ids]
    return numbered(call, wanted)


def get_home(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the home division."""
    return _home(org)


def place(org: Organization, thing_id: str, name: str, author: Any) -> Mapping[str, Any]:
    """Put a user or queue into the division with this name, which is made where there is none."""
    if name.casefold() == "home":
        org.estate.placed.pop(thing_id, None)
        return division_of(org, thing_id)
    found = org.estate.divisions.named(name)
    division = (
        found[0]
        if found
        else keeping.make(org, org.estate.divisions, "Division", {"name": name}, author)
    )
    org.estate.placed[thing_id] = division.id
    return division_of(org, thing_id)


ENDPOINTS = (
    Endpoint("GET", ROOT, list_divisions),
    Endpoint("GET", f"{ROOT}/home", get_home),
)
"""The operations on divisions."""
