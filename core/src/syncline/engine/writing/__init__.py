"""A step carried out: intent, write, read-back, base.

Entered through `execution.carry_out`. `intents` announces a write and makes it (nothing else calls
a store's `create`, `update` or `delete` for a pair), `confirmation` makes what the store gave back
the new base, `commits` says what is remembered with it. `bulk` does so for many creates at once.
What a crash or a lost answer leaves behind: `recovery`, with `open_writes` and `abandoned`.
`governor` limits removals, `undo` puts a run back.
"""
