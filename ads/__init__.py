"""Ads: lint, guard, ads.txt and RPM (plan 8)."""
