"""What must be true: laws and claims as data.  Nothing is decided here."""
