"""Where each Genesys Cloud region answers. Source: `purecloud_region_hosts.py` of the SDK."""

from __future__ import annotations

from difflib import get_close_matches
from urllib.parse import urlsplit

from attrs import frozen

DOMAINS: dict[str, str] = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
}
"""AWS region to domain; the API is at `api.` and the login at `login.` of it."""


@frozen
class Hosts:
    """Base URLs, without a slash at the end."""

    api: str
    login: str


def hosts(region: str) -> Hosts:
    """Return the base URLs of a region.

    It is named by its AWS region (`eu-central-1`), by its domain (`mypurecloud.de`, with or
    without `api.`, `login.` or `apps.`), or by one URL that serves both (a proxy, a simulator).

    Raises:
        ValueError: there is no such region.
    """
    text = region.strip().rstrip("/")
    host = urlsplit(text).hostname or text.lower()
    domain = DOMAINS.get(host) or _bare(host)
    if domain in DOMAINS.values():
        return Hosts(api=f"https://api.{domain}", login=f"https://login.{domain}")
    if text.startswith(("https://", "http://")):
        return Hosts(api=text, login=text)
    known = [*DOMAINS, *DOMAINS.values()]
    near = get_close_matches(domain, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else f", such as {', '.join(known[:4])}"
    raise ValueError(f"{region!r} is no Genesys Cloud region{meant}")


def _bare(host: str) -> str:
    for prefix in ("api.", "login.", "apps."):
        host = host.removeprefix(prefix)
    return host
