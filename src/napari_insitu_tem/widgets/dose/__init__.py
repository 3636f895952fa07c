"""The electron dose of a movie in the window."""
