"""Who decides: refutation by exact evaluation, engines of equality, certificates, campaigns of claims."""
