"""Advice for the checker: every choice that its replay of an equation asks for, found by search and written into the certificate."""
