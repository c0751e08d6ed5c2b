"""A bridge between standard input and output and the running server, for clients that start their servers themselves.

It passes messages on without understanding more of them than it must, so it speaks every protocol revision that the
server speaks. It does not import the SDK, because its client waits for it at every start.
"""
