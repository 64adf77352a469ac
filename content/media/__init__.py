"""Pictures and clips as bytes: brought to one form, hashed by their looks, all in child processes with limits."""
