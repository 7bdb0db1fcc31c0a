"""The unit, the image, the composition and their configurations, as far as they can be tried here.

No image is built and no container started; what is checked is what would otherwise be found late.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline.config import Config, read


def unit(deploy: Path) -> dict[str, list[str]]:
    """Return the settings of the unit; each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (deploy / "syncline.service").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def files_of_secrets(config: Config) -> set[str]:
    named = [reference for one in config.connections.values() for _, reference in one.all_secrets]
    named += [reference for _, reference in config.service.secrets]
    assert {reference.provider for reference in named} == {"file"}
    return {reference.name for reference in named}


def steps(deploy: Path) -> list[tuple[str, str]]:
    """Return the Dockerfile as instructions and what they say, lines joined."""
    text = (deploy / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


# -- systemd ---------------------------------------------------------------------------------------


@pytest.fixture
def a_unit(deploy: Path, tmp_path: Path) -> Path:
    """The unit, with a program that is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian package: systemd)")
    text = (deploy / "syncline.service").read_text(encoding="utf-8")
    text = text.replace("/opt/syncline/bin/syncline", sys.executable)
    path = tmp_path / "syncline.service"
    path.write_text(text, encoding="utf-8")
    return path


def test_systemd_accepts_the_unit(a_unit: Path) -> None:
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(a_unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    about_ours = [line for line in ended.stderr.splitlines() if "syncline" in line]
    assert (ended.returncode, about_ours) == (0, [])


def test_systemd_finds_the_unit_well_confined(a_unit: Path) -> None:
    # In tenths of systemd's exposure level: 10 is the most exposed, 2 and less is called safe.
    ended = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(a_unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-300:] + ended.stderr


def test_the_unit_hands_over_every_secret_that_its_configuration_names(deploy: Path) -> None:
    handed = {value.partition(":")[0] for value in unit(deploy)["LoadCredential"]}
    named = files_of_secrets(read(deploy / "syncline.toml"))
    assert named == {f"/run/credentials/syncline.service/{name}" for name in handed}


def test_the_state_lies_where_the_unit_may_write(deploy: Path) -> None:
    assert unit(deploy)["StateDirectory"] == ["syncline"]
    state = read(deploy / "syncline.toml").state
    assert isinstance(state, Path)
    assert state.is_relative_to("/var/lib/syncline")


def test_the_unit_speaks_the_protocol_that_the_service_speaks(deploy: Path) -> None:
    found = unit(deploy)
    assert found["Type"] == ["notify"]
    assert found["ExecStart"] == [
        "/opt/syncline/bin/syncline run --config /etc/syncline/syncline.toml"
    ]
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert "AF_UNIX" in found["RestrictAddressFamilies"][0], "systemd is told over such a socket"


# -- configurations --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["syncline.toml", "container.toml"])
def test_a_configuration_has_no_fault_and_holds_no_secret(deploy: Path, name: str) -> None:
    config = read(deploy / name)
    assert config.service.log == "json"
    assert files_of_secrets(config)


def test_both_configurations_describe_the_same_jobs(deploy: Path) -> None:
    host, container = (read(deploy / name) for name in ("syncline.toml", "container.toml"))
    assert host.jobs == container.jobs


# -- the image -------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_in_particular_and_checks_its_health(deploy: Path) -> None:
    found = steps(deploy)
    users = [rest for name, rest in found if name == "USER"]
    assert users == ["10001:10001"]
    order = [name for name, _ in found]
    assert order.index("USER") < order.index("ENTRYPOINT")
    health = next(rest for name, rest in found if name == "HEALTHCHECK")
    assert "/healthz" in health
    port = read(deploy / "container.toml").service.pages.rpartition(":")[2]
    assert f"127.0.0.1:{port}/" in health


def test_the_image_is_slim_pinned_and_names_no_registry(deploy: Path) -> None:
    found = steps(deploy)
    bases = [rest.split()[0] for name, rest in found if name == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim", base) for base in bases)
    rest = " ".join(text for name, text in found if name != "HEALTHCHECK")
    assert "://" not in rest
    assert "--index-url" not in rest
    assert "--mount" not in rest


def test_everything_that_the_image_copies_and_installs_is_there(deploy: Path) -> None:
    root = deploy.parents[1]
    copied = [rest.split() for name, rest in steps(deploy) if name == "COPY"]
    sources = [words[0] for words in copied if not words[0].startswith("--from")]
    assert all((root / source).exists() for source in sources)
    installed = next(rest for name, rest in steps(deploy) if "pip install" in rest)
    for path in re.findall(r"\./([\w/]+)", installed):
        assert (root / path / "pyproject.toml").is_file(), path
        assert path.split("/")[0] in sources


def test_the_builder_is_sent_what_the_image_copies_and_nothing_else(deploy: Path) -> None:
    text = (deploy / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = [rest.split() for name, rest in steps(deploy) if name == "COPY"]
    assert sent == {words[0] for words in copied if not words[0].startswith("--from")}


def test_the_healthcheck_of_the_image_is_a_program_that_runs(deploy: Path) -> None:
    health = next(rest for name, rest in steps(deploy) if name == "HEALTHCHECK")
    words = yaml.safe_load(health.partition("CMD ")[2])
    assert words[:2] == ["python", "-c"]
    compile(words[2], "HEALTHCHECK", "exec")


# -- the composition -------------------------------------------------------------------------------


def test_every_file_volume_and_secret_of_the_composition_is_declared(
    compose: dict[str, Any], deploy: Path
) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (deploy / source).is_file(), f"{name}: {source}"
            else:
                assert source in compose["volumes"], f"{name}: {source}"
        assert set(service.get("secrets", ())) <= compose["secrets"].keys(), name
        assert set(service.get("depends_on", ())) <= compose["services"].keys(), name


def test_the_composition_hands_over_every_secret_that_its_configuration_names(
    compose: dict[str, Any], deploy: Path
) -> None:
    named = files_of_secrets(read(deploy / "container.toml"))
    for name in ("syncline", "syncline-standby"):
        handed = {f"/run/secrets/{secret}" for secret in compose["services"][name]["secrets"]}
        assert named == handed


def test_nothing_listens_beyond_this_machine(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name


def test_runners_are_confined_and_have_time_to_finish(compose: dict[str, Any]) -> None:
    for name in ("syncline", "syncline-standby"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert int(service["stop_grace_period"].removesuffix("s")) > 30
        assert "hostname" not in service, "leases tell runners apart by their host names"
        assert "privileged" not in service


def test_images_of_others_are_pinned_to_a_version(compose: dict[str, Any]) -> None:
    foreign = [s["image"] for s in compose["services"].values() if "build" not in s]
    assert foreign
    assert all(re.search(r":v?\d+\.\d+\.\d+$", image) for image in foreign)


def test_prometheus_asks_the_runner_at_a_name_that_it_answers_to(
    compose: dict[str, Any], deploy: Path
) -> None:
    text = (deploy / "prometheus.yml").read_text(encoding="utf-8")
    (scrape,) = yaml.safe_load(text)["scrape_configs"]
    (target,) = scrape["static_configs"][0]["targets"]
    service = read(deploy / "container.toml").service
    host, _, port = target.partition(":")
    assert host in compose["services"]
    assert host in service.hosts
    assert service.pages.endswith(f":{port}")
    assert scrape["job_name"] == "syncline", "alerts ask for up{job='syncline'}"
    token = service.access.tokens["metrics"].token
    secret = scrape["authorization"]["credentials_file"]
    assert secret in str(getattr(token, "reference", token))
    assert secret.rpartition("/")[2] in compose["services"]["prometheus"]["secrets"]


def test_prometheus_asks_the_runner_that_stands_by_where_there_is_one(
    compose: dict[str, Any], deploy: Path
) -> None:
    text = (deploy / "prometheus.yml").read_text(encoding="utf-8")
    (scrape,) = yaml.safe_load(text)["scrape_configs"]
    found = scrape["dns_sd_configs"]
    # A name without a container is no target: nothing alarms where nobody stands by.
    asked = {name for one in found for name in one["names"]}
    assert asked == {"syncline-standby"} <= compose["services"].keys()
    port = read(deploy / "container.toml").service.pages.rpartition(":")[2]
    assert [(one["type"], str(one["port"])) for one in found] == [("A", port)]


def test_grafana_finds_its_dashboard_and_its_source(compose: dict[str, Any], deploy: Path) -> None:
    mounts = [one.split(":") for one in compose["services"]["grafana"]["volumes"]]
    source = yaml.safe_load((deploy / "grafana" / "datasource.yaml").read_text(encoding="utf-8"))
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((deploy / "grafana" / "dashboards.yaml").read_text(encoding="utf-8"))
    path = provider["providers"][0]["options"]["path"]
    assert any(
        one[0] == "./grafana/syncline.json" and one[1].startswith(f"{path}/") for one in mounts
    )
