"""A simulated bank: takes a card or debit payment, sends the person back and tells the portal."""
