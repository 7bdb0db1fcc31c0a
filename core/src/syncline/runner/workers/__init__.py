"""What works a job in a runner, for as long as this process holds the job's lease.

`jobs.JobWorkers` has a `job.JobWorker` for each job that works in passes: its `agenda` says what
is due, its `backoff` when what failed is tried again, `quarantine` gives failed items another try.
`streams.StreamWorkers` has a `stream.StreamWorker` for each job that mirrors or merges events.
`lease.RunnerLease` decides which of several runners is the active one.
"""
