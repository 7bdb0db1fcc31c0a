"""From a pair to its step: observe, decide, complete. Nothing here changes anything.

Entered through `examination.examine`, which returns a `step.Step`: the decision with everything
that carrying it out takes. On its way: `observation` reads both sides and compares each with its
own base, `decisions` asks the table of `syncline.decision` and what goes around it, `completion`
makes the documents to be written, out of the `values` that were read and remembered.
"""
