"""The pages where people see what happened and decide: rendered here, usable without a script.

`routes(Pages(runner=runner))` are the routes; whoever mounts them authenticates people, checks CSRF
tokens and sets the headers of every answer that has none of its own (a frame with a body in it has
a policy of its own, which must stay). Each request carries:

* `request.state.person`: a `Person`;
* `request.state.csrf`: the token that every form sends back as the field `csrf`.

Everything under `PUBLIC` is the same for everybody and needs no sign-in: the frames in which bodies
are shown have no origin of their own, so that their requests carry no cookie.
"""

from __future__ import annotations

from .person import Person
from .routing import PUBLIC, routes
from .site import Pages, RunnerPort, WorkingPort

__all__ = ["PUBLIC", "Pages", "Person", "RunnerPort", "WorkingPort", "routes"]
