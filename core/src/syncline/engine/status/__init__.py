"""What people ask of a job, answered without changing anything.

`summary` says in numbers where it stands, `explanation` says all that is known of one item,
`browsing` lists articles, `restrictions` what is withdrawn, held or of unknown audience, and
`comparison` puts texts beside each other.
"""
