"""The door for the clock: one process beside the server, whose tasks are done again and again. Never a thread in a web worker."""
