"""Whether two update rules are the same optimiser: equal, equal under a map of states or premises, ordered, or different."""
