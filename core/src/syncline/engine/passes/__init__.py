"""A pass over many items: all of them, or those that were hinted at.

`full.full_pass` lists both sides (`listings`), settles pairs (`pairs`) and items without one
(`unpaired`), and removes last (`removals`). `hints.work_hints` looks at single items and needs no
listing. Both keep what they learn in `current.Pass`, and settle items one by one through `items`.
"""
