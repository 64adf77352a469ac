"""Products: what the business sells, kept as the single source of truth (plan 2A, 2B, 6.1)."""
