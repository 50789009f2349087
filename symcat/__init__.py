"""symcat."""
