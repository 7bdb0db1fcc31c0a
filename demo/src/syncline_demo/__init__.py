"""A handbook in two simulated systems, and what Syncline does when people edit both."""
