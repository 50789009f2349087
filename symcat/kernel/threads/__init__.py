"""Threads: one program run by several threads together, each doing its share of every loop that may be shared.

`shares` rewrites a program for that, `crew` has the threads.  What a thread computes does not depend on how many there are, so that
results are the same, bit for bit, for any number of threads.
"""
