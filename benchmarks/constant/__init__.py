"""The portal with one page more: a constant one, behind the same middleware and session, to measure the others by."""
