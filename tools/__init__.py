"""Scripts that set the project up, start it, check it and measure it."""
