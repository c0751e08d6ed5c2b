"""What holds whatever anybody does, found out by doing much of it."""
