"""A simulated identity provider: GCKey, Sign-In Partner or the staff sign-in, chosen by the variable IDENTITY."""
