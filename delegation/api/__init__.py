"""Access for software: the people of a business, and a provider's clients."""
