"""The contract of the wire, as clients of every kind meet it."""
