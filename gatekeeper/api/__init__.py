"""The door for systems: the decision API of AuthZEN, and what those who look after the service ask it."""
