"""The plan as an artefact: what a pass would do, to be read, approved, and applied exactly.

`plan.Plan` is the value and its file, `dry_run` makes one of a pass that changes nothing,
`application.apply` does what it says and nothing else, `losses` tells what articles would lose.
"""
