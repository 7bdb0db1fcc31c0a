"""AppConfig: environments, deployments and the data plane, none of which moto 5.2.5 has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from botocore.exceptions import ClientError
from starlette.responses import JSONResponse, Response

from .call import Call
from .cloud import Cloud, Rule, answered, members
from .refusals import refusal

SHORTEST = 15
"""Seconds between two polls at least, and what is told when nothing else was asked for."""


@attrs.frozen(kw_only=True)
class Deployed:
    """One version of a profile in an environment."""

    number: int
    content: bytes
    content_type: str
    version: int


@attrs.define(kw_only=True)
class Session:
    """One client's polling: what it was given last."""

    place: tuple[str, str, str]
    interval: int
    given: int | None = None
    """The number of the deployment that it has."""
    next_poll: float = 0.0
    """Before that it is asked too early."""


class Configurations:
    """The rules of AppConfig, with what they remember."""

    def __init__(self) -> None:
        self._applications: dict[str, str] = {}
        self._environments: dict[tuple[str, str], str] = {}
        self._strategies: dict[str, str] = {}
        self.deployed: dict[tuple[str, str, str], list[Deployed]] = {}
        """By application, environment and profile, all by id."""
        self.names: dict[tuple[str, str, str], str] = {}
        """What people call such a place; the ids where nobody made it at the admin address."""
        self._sessions: dict[str, Session] = {}

    def rules(self) -> dict[str, Rule]:
        """By operation."""
        return {
            "CreateApplication": self._create_application,
            "ListApplications": self._list_applications,
            "CreateEnvironment": self._create_environment,
            "ListEnvironments": self._list_environments,
            "CreateDeploymentStrategy": self._create_strategy,
            "ListDeploymentStrategies": self._list_strategies,
            "StartDeployment": self._deploy,
            "ListDeployments": self._list_deployments,
            "GetDeployment": self._get_deployment,
            "StartConfigurationSession": self._start,
            "GetLatestConfiguration": self._latest,
        }

    def application(self, cloud: Cloud, name: str) -> str:
        """The id of an application, which is made if there is none of that name."""
        if name not in self._applications.values():
            made = cloud.tell("appconfig", "create_application", Name=name)
            self._applications[made["Id"]] = name
        return next(key for key, known in self._applications.items() if known == name)

    def environment(self, cloud: Cloud, application: str, name: str) -> str:
        """The id of an environment, which is made if there is none of that name."""
        key = (application, name)
        if key not in self._environments:
            self._environments[key] = cloud.ids.token()[:7]
        return self._environments[key]

    def deploy(
        self, cloud: Cloud, application: str, environment: str, profile: str, version: int
    ) -> Deployed:
        """Make a hosted version the one that the environment has, at once.

        Raises:
            ClientError: there is no such version.
        """
        found = cloud.tell(
            "appconfig",
            "get_hosted_configuration_version",
            ApplicationId=application,
            ConfigurationProfileId=profile,
            VersionNumber=version,
        )
        earlier = self.deployed.setdefault((application, environment, profile), [])
        number = 1 + sum(
            len(all) for key, all in self.deployed.items() if key[:2] == (application, environment)
        )
        made = Deployed(
            number=number,
            content=found["Content"].read(),
            content_type=found["ContentType"],
            version=version,
        )
        earlier.append(made)
        return made

    async def _create_application(self, cloud: Cloud, call: Call) -> Response:
        passed = await cloud.forward(call)
        if passed.status < 300:
            made = members(passed)
            self._applications[made["Id"]] = made["Name"]
        return answered(passed)

    async def _list_applications(self, cloud: Cloud, call: Call) -> Response:
        items = [{"Id": key, "Name": name} for key, name in self._applications.items()]
        return JSONResponse({"Items": items})

    def _application(self, call: Call, member: str = "ApplicationId") -> str:
        """The id of the application that a call names by id or name."""
        wanted = str(call.params.get(member, ""))
        for key, name in self._applications.items():
            if wanted in (key, name):
                return key
        raise _missing(call, "Application", call.params)

    async def _create_environment(self, cloud: Cloud, call: Call) -> Response:
        application = self._application(call)
        name = str(call.params["Name"])
        made = self.environment(cloud, application, name)
        return JSONResponse(_environment(application, made, name), 201)

    async def _list_environments(self, cloud: Cloud, call: Call) -> Response:
        application = self._application(call)
        found = [
            _environment(application, made, name)
            for (owner, name), made in self._environments.items()
            if owner == application
        ]
        return JSONResponse({"Items": found})

    async def _create_strategy(self, cloud: Cloud, call: Call) -> Response:
        made = cloud.ids.token()[:7]
        self._strategies[made] = str(call.params["Name"])
        return JSONResponse({"Id": made, **call.params}, 201)

    async def _list_strategies(self, cloud: Cloud, call: Call) -> Response:
        items = [{"Id": key, "Name": name} for key, name in self._strategies.items()]
        return JSONResponse({"Items": items})

    async def _deploy(self, cloud: Cloud, call: Call) -> Response:
        application, environment = self._named(call)
        profile = str(call.params["ConfigurationProfileId"])
        try:
            version = int(call.params["ConfigurationVersion"])
            made = self.deploy(cloud, application, environment, profile, version)
        except (ClientError, ValueError):
            raise _missing(call, "Configuration version", call.params) from None
        return JSONResponse(_deployment(environment, profile, made), 201)

    async def _list_deployments(self, cloud: Cloud, call: Call) -> Response:
        place = self._named(call)
        return JSONResponse({"Items": self._deployments(place)})

    async def _get_deployment(self, cloud: Cloud, call: Call) -> Response:
        place = self._named(call)
        for found in self._deployments(place):
            if str(found["DeploymentNumber"]) == call.params["DeploymentNumber"]:
                return JSONResponse(found)
        raise _missing(call, "Deployment", call.params)

    def _deployments(self, place: tuple[str, str]) -> list[dict[str, Any]]:
        found = [
            _deployment(key[1], key[2], made)
            for key, all in self.deployed.items()
            if key[:2] == place
            for made in all
        ]
        return sorted(found, key=lambda entry: -entry["DeploymentNumber"])

    def _named(self, call: Call) -> tuple[str, str]:
        """The ids of the application and the environment that the path names."""
        application = self._application(call)
        environment = str(call.params["EnvironmentId"])
        known = [made for (owner, _), made in self._environments.items() if owner == application]
        if environment not in known:
            raise _missing(call, "Environment", call.params)
        return application, environment

    async def _start(self, cloud: Cloud, call: Call) -> Response:
        given = call.params
        application = self._application(call, "ApplicationIdentifier")
        environment = str(given["EnvironmentIdentifier"])
        environment = self._environments.get((application, environment), environment)
        profile = await _profile(cloud, call, application)
        interval = int(given.get("RequiredMinimumPollIntervalInSeconds") or SHORTEST)
        place = (application, environment, profile)
        if place not in self.deployed:
            raise _missing(call, "Deployment", given)
        token = self._token(cloud, Session(place=place, interval=max(SHORTEST, interval)))
        return JSONResponse({"InitialConfigurationToken": token}, 201)

    async def _latest(self, cloud: Cloud, call: Call) -> Response:
        """The content, or nothing where the client has it already; its token is used up."""
        token = str(call.params.get("configuration_token", ""))
        session = self._sessions.get(token)
        if session is None:
            message = "Token is not valid: it was used before, or it is none"
            raise refusal(call, "BadRequestException", message)
        if cloud.elapsed() < session.next_poll:
            raise refusal(call, "BadRequestException", "Request too early")
        del self._sessions[token]
        session.next_poll = cloud.elapsed() + session.interval
        newest = self.deployed[session.place][-1]
        fresh = session.given != newest.number
        session.given = newest.number
        headers = {
            "Next-Poll-Configuration-Token": self._token(cloud, session),
            "Next-Poll-Interval-In-Seconds": str(session.interval),
            "Version-Label": str(newest.version),
        }
        body = newest.content if fresh else b""
        return Response(body, 200, headers, media_type=newest.content_type)

    def _token(self, cloud: Cloud, session: Session) -> str:
        token = cloud.ids.token("AYABe")
        self._sessions[token] = session
        return token


def _environment(application: str, made: str, name: str) -> dict[str, str]:
    return {"ApplicationId": application, "Id": made, "Name": name, "State": "ReadyForDeployment"}


def _deployment(environment: str, profile: str, made: Deployed) -> dict[str, Any]:
    return {
        "EnvironmentId": environment,
        "ConfigurationProfileId": profile,
        "DeploymentNumber": made.number,
        "ConfigurationVersion": str(made.version),
        "State": "COMPLETE",
        "PercentageComplete": 100.0,
    }


def _missing(call: Call, what: str, given: Mapping[str, Any]) -> Exception:
    named = ", ".join(f"{key} {value}" for key, value in given.items() if "I" in key)
    return refusal(call, "ResourceNotFoundException", f"{what} not found for {named}", 404)


async def _profile(cloud: Cloud, call: Call, application: str) -> str:
    wanted = str(call.params["ConfigurationProfileIdentifier"])
    found = await cloud.ask("appconfig", "list_configuration_profiles", ApplicationId=application)
    for item in found["Items"]:
        if wanted in (item["Id"], item["Name"]):
            return str(item["Id"])
    raise _missing(call, "Configuration profile", call.params)
