"""The operator's desk: what the bank holds, and the misfortunes that can be set off by hand."""
