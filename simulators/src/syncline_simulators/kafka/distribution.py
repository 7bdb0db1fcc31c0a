"""Apache Kafka's jars: fetched once by Maven, kept in the user's cache.

Maven's own settings say where from; whoever has a mirror names it there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

KAFKA = "4.2.0"
"""Needs Java 17 (Kafka 4.0 ended older ones for brokers)."""
_LOG4J = "2.24.3"
"""Kafka 4 logs through log4j 2 and declares no binding of slf4j to it."""
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_ARTIFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", _LOG4J),
    ("org.apache.logging.log4j", "log4j-core", _LOG4J),
    ("org.apache.logging.log4j", "log4j-1.2-api", _LOG4J),
)
_PATIENCE = 900.0
"""Seconds for some 45 MB over a slow line."""


class Unobtainable(OSError):
    """Kafka cannot be had here; the text says what is missing."""


def cache() -> Path:
    """Return the folder that the jars of this version are kept in."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "syncline" / f"kafka-{KAFKA}"


def missing() -> list[str]:
    """Return the programs that are needed to fetch and run Kafka, and are not there."""
    needed = ("java",) if _jars(cache()).is_dir() else ("java", "mvn")
    return [name for name in needed if shutil.which(name) is None]


def fetched() -> Path:
    """Return the folder of jars; the first call fetches them, others wait for it meanwhile.

    Raises:
        Unobtainable: a program is missing, or Maven failed.
    """
    home = cache()
    if absent := missing():
        raise Unobtainable(
            f"{' and '.join(absent)} not found: Kafka {KAFKA} needs Java 17 to run, and Maven to be"
            " fetched"
        )
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / ".lock"):
        if not _jars(home).is_dir():
            _fetch(home)
    return _jars(home)


def pom() -> str:
    """Return what Maven is asked for: Kafka's server and something that writes its log."""
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>\n"
        for group, artifact, version in _ARTIFACTS
    )
    return (
        "<project>\n<modelVersion>4.0.0</modelVersion>\n"
        "<groupId>syncline</groupId><artifactId>broker</artifactId><version>1</version>\n"
        f"<packaging>pom</packaging>\n<dependencies>\n{wanted}</dependencies>\n</project>\n"
    )


def _jars(home: Path) -> Path:
    return home / "lib"


def _fetch(home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home) as folder:
        part = Path(folder)
        (part / "pom.xml").write_text(pom(), encoding="utf-8")
        command = ["mvn", "--batch-mode", "--quiet", "--strict-checksums", "--file", "pom.xml"]
        command += [f"{_PLUGIN}:copy-dependencies", "-DincludeScope=runtime"]
        _run([*command, "-DoutputDirectory=lib"], part)
        # Renamed when whole: whoever is killed meanwhile leaves no half of it.
        (part / "lib").replace(_jars(home))


def _run(command: list[str], folder: Path) -> None:
    try:
        ended = subprocess.run(  # noqa: S603 - the command is ours
            command, cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unobtainable(f"Maven did not fetch Kafka {KAFKA} in {_PATIENCE:.0f} s") from error
    if ended.returncode != 0:
        said = (ended.stdout + ended.stderr).strip()[-2000:]
        raise Unobtainable(f"Maven did not fetch Kafka {KAFKA}; it said:\n{said}")


__all__ = ["KAFKA", "Unobtainable", "cache", "fetched", "missing", "pom"]
