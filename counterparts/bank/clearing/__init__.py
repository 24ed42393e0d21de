"""What the bank settles by business days: mandates, debits, bill payments, charge-backs, and the file of each day."""
