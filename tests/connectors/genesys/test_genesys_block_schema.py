"""What is written is what the vendor's specification says."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings

from syncline.body import Blocks
from syncline_genesys.blocks import encode, patch
from syncline_genesys.testing import READER, bodies, vendor_blocks

Json = dict[str, Any]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies())
def test_any_body_is_written_as_the_vendors_schema_wants(
    schema: jsonschema.Draft4Validator, body: Blocks
) -> None:
    # The schema knows no unknown kinds of blocks; those are put back as they were read.
    schema.validate({"blocks": encode(body, {})})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=vendor_blocks(), body=bodies())
def test_patched_blocks_are_no_worse_than_those_that_were_there(
    schema: jsonschema.Draft4Validator, raw: list[Json], body: Blocks
) -> None:
    if schema.is_valid({"blocks": raw}):
        schema.validate({"blocks": patch(raw, body, READER, {})})
