"""A step carried out: intent, write, read-back, base.

Entered through `execution.carry_out`. `intents` announces a write and makes it, `confirmation`
makes what the store gave back the new base, `commits` says what is remembered with it. `bulk` does
so for many creates at once. `recovery` looks for what a crash or a lost answer left behind, and
finishes it, with what `open_writes` and `abandoned` know. `governor` limits removals, `undo` puts a
run back. Only here does the engine write to a store of documents, but for `pairing.duplicates`.
"""
