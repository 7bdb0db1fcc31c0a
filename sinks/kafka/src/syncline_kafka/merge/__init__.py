"""The merge stage: one clean topic out of what several listeners wrote."""
