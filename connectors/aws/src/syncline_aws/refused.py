"""What people look for in an AWS account and no rule can drive, and why. Needs no boto3.

By kind, or by kind and field; `syncline check` shows the reason to whoever names one of these.
"""

from __future__ import annotations

from collections.abc import Mapping

_DEPLOYED = (
    "code, memory, time-outs and variables of a function are deployed together, by whoever deploys"
    " it; what follows load is lambda-function/<name>#reserved_concurrency or"
    " lambda-alias/<function>:<alias>#provisioned_concurrency"
)
_COUNTED = "AWS counts it; how many there should be is autoscaling-group/<name>#desired"
_MODE = (
    "AWS lets the mode be switched only a few times a day, and a table on demand has no capacity to"
    " set; choose the mode once"
)

REFUSED: Mapping[str, str] = {
    "ec2-instance": (
        "a machine that is started by itself may be started twice;"
        " let a group start it: autoscaling-group/<name>#desired"
    ),
    "scaling-policy": (
        "a policy moves the number of machines by itself, and a rule would fight it; either the"
        " policy has the group, or a rule has autoscaling-group/<name>#desired"
    ),
    "secret": (
        "values of rules stand in plans and in the history; refer to the secret where a connection"
        " needs it, such as client_secret = { cloud = 'genesys#client_secret' }"
    ),
    "sqs-queue": (
        "a queue takes as much as comes; it is where news arrives, by `queue` of the connection"
    ),
    "autoscaling-group#in_service": _COUNTED,
    "autoscaling-group#healthy": _COUNTED,
    "autoscaling-group#machines": _COUNTED,
    "dynamodb-table#billing_mode": _MODE,
    "dynamodb-index#billing_mode": _MODE,
    "lambda-function#environment": _DEPLOYED,
    "lambda-function#memory": _DEPLOYED,
    "lambda-function#timeout": _DEPLOYED,
    "appconfig#value": (
        "a configuration of AppConfig is changed by a deployment, with its own pace and roll-back;"
        " write ssm-parameter/<name>#value"
    ),
}
"""Reasons by `<kind>` or `<kind>#<field>`; what is said of a field holds below it."""

__all__ = ["REFUSED"]
