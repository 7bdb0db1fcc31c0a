"""From a configuration to open sessions, and everything closed again.

Entered through `jobs.open_job`, for a job of any kind, or `session.open_session`, for a job of
documents. `stores` opens one connection, `secrets` looks up what it needs to know, `state` opens
what is remembered.
"""
