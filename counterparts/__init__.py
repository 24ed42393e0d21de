"""The outside world of the simulation: identity providers and a bank, each a process of its own."""
