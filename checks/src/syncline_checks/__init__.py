"""What Syncline promises, measured: every figure by one command, every failure with its seed."""
