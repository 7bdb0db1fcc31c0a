"""Extract a paged API with dlt into SQLite; runs in dlt's own environment.

`python peer_dlt.py URL FOLDER COUNT` prints the peak memory in MB last.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    url, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True)
    paginator = {
        "type": "cursor",
        "cursor_path": "next",
        "cursor_param": "cursor",
    }
    source = rest_api_source(
        {
            "client": {"base_url": url, "paginator": paginator},
            "resources": [
                {"name": "items", "endpoint": {"path": "items", "data_selector": "results"}}
            ],
        }
    )
    pipeline = dlt.pipeline(
        pipeline_name="pages",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder}/pages.db"),
        dataset_name="main",
    )
    pipeline.run(source)
    with sqlite3.connect(folder / "pages.db") as db:
        (kept,) = db.execute("select count(*) from items").fetchone()
    if kept != count:
        raise RuntimeError(f"dlt kept {kept} of {count} pages")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    main()
