"""Content: posts, what they show, and the packages they are posted as (plan 2C, 6.2 to 6.4, 7)."""
