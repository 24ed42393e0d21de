"""What the figures of the README come from: each module is run by ``make bench NAME=<module>``."""
