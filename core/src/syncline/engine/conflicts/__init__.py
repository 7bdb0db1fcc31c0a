"""What waits for a person, and what their choice does.

`records.raise_conflict` remembers a conflict with base and both sides, `views` shows it.
`resolution.resolve` does what was chosen: content (`choice`), or two articles made of one pair
(`separation`), if both sides still are what the person saw (`freshness`).
"""
