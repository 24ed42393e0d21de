"""What the pages of this room read: one module a subject."""
