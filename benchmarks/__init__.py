"""Load scenarios: a driver in a process of its own against a server in another."""
