"""Settings by environment: dev (default), test, perf and prod, all on base."""
