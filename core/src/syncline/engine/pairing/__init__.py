"""Which items are one article, and what becomes of those that belong to no pair.

`matching.Pairing` pairs two listings: by origin marks, by people's `answers`, and by titles, which
only propose. `unpaired` returns the step of one item without a pair: created on the other side
(`first_steps`), paired with what it was made from (`origins`, `copies`), taken away as one that
nobody asked for (`duplicates`), or left out with its reason (`skips`).
"""
