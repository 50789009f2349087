"""What a person sees: tables, law cards, diagrams, LaTeX.  Nothing here decides anything."""
