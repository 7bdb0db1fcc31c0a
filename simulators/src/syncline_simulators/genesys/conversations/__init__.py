"""Conversations: a generator of realistic ones, the truth about them, look-ups over REST."""
