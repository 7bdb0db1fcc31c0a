"""What every run of every kind of job has in common.

Entered through `run.run_of`: it takes the job's lease (`lease`), writes the run into the journal
and lends the `report` that the run fills. While it goes on, `turns` keeps two runs of one process
from being at one item, `group_commit` gathers their commits, `workers` spreads the work, `feeds`
reads change feeds, and `quarantine` keeps items that fail. `holder` says who holds a lease.
"""
