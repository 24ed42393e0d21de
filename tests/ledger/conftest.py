from tests.ledger.book import unlocked_book

__all__ = ["unlocked_book"]
