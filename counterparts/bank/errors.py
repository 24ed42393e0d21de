"""What can go wrong with an order."""


class ReferenceReused(Exception):
    """The same reference came with other content."""


class Unavailable(Exception):
    """The bank cannot decide now; nothing was captured."""


class Unfit(Exception):
    """What was asked for does not fit the state of its object; the operator's page says so."""
