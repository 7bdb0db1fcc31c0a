"""Plugins as a user installs them: real distributions in a folder on the path."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points as metadata
from pathlib import Path

import pytest

from syncline import plugins
from syncline.entrypoints import entry_points
from syncline.errors import PluginError

Install = Callable[..., None]

GOOD = """
import attrs
from syncline.connector import Connector

@attrs.frozen(kw_only=True)
class Settings:
    path: str

connector = Connector(name="{name}", summary="A test.", settings=Settings{extra})
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution: its entry point and the source of its module."""
    _forget()
    monkeypatch.syspath_prepend(tmp_path)

    def add(name: str, source: str, *, group: str = "syncline", dist: str = "") -> None:
        dist = dist or f"acme_{name}"
        info = tmp_path / f"{dist}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {dist}_module\n")
        (tmp_path / f"{dist}_module.py").write_text(source)

    yield add
    _forget()


def _forget() -> None:
    """Forget the plugins of other tests: they have the same names and other sources."""
    for module in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[module]


def test_a_connector_is_loaded_by_its_name(install: Install) -> None:
    install("wikidot", GOOD.format(name="wikidot", extra=""))
    assert plugins.load("wikidot").summary == "A test."
    assert "wikidot" in plugins.names()


def test_loading_one_connector_imports_no_other(install: Install) -> None:
    install("one", GOOD.format(name="one", extra=""))
    install("two", GOOD.format(name="two", extra=""))
    plugins.load("one")
    assert "acme_two_module" not in sys.modules


def test_a_connector_can_come_from_the_hook(install: Install) -> None:
    source = GOOD.format(name="hooked", extra="").replace("connector = ", "it = ") + (
        "from syncline.hookspecs import hookimpl\n\n"
        "@hookimpl\ndef syncline_connectors():\n    return [it]\n"
    )
    install("hooked", source)
    assert plugins.load("hooked").name == "hooked"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = 1", "its module offers no connector named 'bad'"),
        (GOOD.format(name="other", extra=""), "offers no connector named 'bad'"),
        (GOOD.format(name="bad", extra=", api=99"), "it is for plugin API 99, this Syncline has 1"),
        (GOOD.format(name="bad", extra="").replace("@attrs.f", "# @attrs.f"), "not an attrs class"),
        (
            "from syncline.hookspecs import hookimpl\n\n"
            "@hookimpl\ndef syncline_connectors():\n    return 1 / 0\n",
            "its hook failed: ZeroDivisionError",
        ),
    ],
)
def test_a_broken_plugin_says_why_and_is_listed_beside_the_working_ones(
    install: Install, source: str, part: str
) -> None:
    install("bad", source)
    install("good", GOOD.format(name="good", extra=""))
    with pytest.raises(PluginError) as caught:
        plugins.load("bad")
    assert "acme-bad 1.2" in str(caught.value)
    assert part in str(caught.value)
    listed = {plugin.name: plugin for plugin in plugins.listed()}
    assert part in (listed["bad"].problem or "")
    assert listed["good"].connector is not None
    assert (listed["good"].origin, listed["good"].version) == ("acme-good", "1.2")


def test_two_plugins_of_one_name_are_refused_and_both_named(install: Install) -> None:
    install("twin", GOOD.format(name="twin", extra=""), dist="acme_a")
    install("twin", GOOD.format(name="twin", extra=""), dist="acme_b")
    with pytest.raises(PluginError, match=r"acme-a 1\.2 and acme-b 1\.2 both provide"):
        plugins.load("twin")


def test_a_misspelt_connector_is_answered_with_the_nearest(install: Install) -> None:
    install("wikidot", GOOD.format(name="wikidot", extra=""))
    with pytest.raises(PluginError, match="did you mean 'wikidot'"):
        plugins.load("wikidto")
    with pytest.raises(PluginError, match=r"installed: .*wikidot"):
        plugins.load("zzz")


def test_a_command_is_imported_only_when_it_is_used(install: Install) -> None:
    source = "def add_arguments(parser): ...\ndef run(args): return 7\n"
    install("dance", source, group="syncline.commands")
    assert "dance" in [point.name for point in entry_points(plugins.COMMANDS)]
    assert "acme_dance_module" not in sys.modules
    assert callable(plugins.load_command("dance").run)


def test_a_command_without_its_functions_is_refused(install: Install) -> None:
    install("dance", "def add_arguments(parser): ...\n", group="syncline.commands")
    with pytest.raises(PluginError, match="has no run"):
        plugins.load_command("dance")


def test_entry_points_are_those_of_the_standard_library() -> None:
    for group in ("syncline", "syncline.commands", "console_scripts", "pytest11"):
        ours = {(point.name, point.value) for point in entry_points(group)}
        theirs = {
            (p.name, f"{p.module}:{p.attr}" if p.attr else p.module) for p in metadata(group=group)
        }
        assert ours == theirs


def test_entry_points_in_a_zip_file_are_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped-1.dist-info/METADATA", "Name: zipped\nVersion: 1\n")
        archive.writestr("zipped-1.dist-info/entry_points.txt", "[syncline]\nzipped = zipped\n")
    monkeypatch.syspath_prepend(tmp_path / "lib.zip")
    assert ("zipped", "zipped", "zipped", "1") in entry_points("syncline")
