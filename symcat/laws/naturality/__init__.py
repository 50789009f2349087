"""Naturality of update rules: which changes of coordinates commute with a step, and with the whole path of the parameter."""

from symcat.laws.naturality.card import CardLaw, card_laws
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.group import group
from symcat.laws.naturality.inference import transports
from symcat.laws.naturality.path import path
from symcat.laws.naturality.squares import square

__all__ = ["CardLaw", "Family", "Transport", "card_laws", "group", "path", "square", "transports"]
