"""Optimisers that are composites of others by definition."""

from __future__ import annotations

from symcat.learn.optimisers.adam import adam
from symcat.learn.optimisers.combinators import chain, clip_by_norm, lookahead
from symcat.learn.optimisers.descent import gradient_descent
from symcat.learn.optimisers.schedules import cosine, drop, exponential, warmup, with_schedule

descent_cosine = with_schedule(gradient_descent, cosine, name="descent_cosine")
descent_exponential = with_schedule(gradient_descent, exponential, name="descent_exponential")
descent_drop = with_schedule(gradient_descent, drop, name="descent_drop")
adam_warmup = with_schedule(adam, warmup, name="adam_warmup")
adam_clipped = chain(clip_by_norm, adam, name="adam_clipped")
adam_lookahead = lookahead(adam, name="adam_lookahead")
