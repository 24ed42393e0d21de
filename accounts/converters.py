"""Identifiers as parts of addresses."""


class ProgramAccountConverter:
    """A program account number: nine digits, RM and four digits."""

    regex = r"[0-9]{9}RM[0-9]{4}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
