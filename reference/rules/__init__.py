"""Pure rules of the outside world: calendar, billing dates, rates, tariff, policy, security requirement.

Nothing here reads the database or the clock; dated tables that an officer may extend come in as arguments.
"""
