"""Measurements: what symcat claims about its own speed and reach, made again on the machine at hand."""
