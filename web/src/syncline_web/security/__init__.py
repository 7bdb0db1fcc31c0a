"""What keeps other pages, other hosts and other people's texts out of ours."""
