"""How Python looks for unreachable cycles in the processes that serve, work and measure.

A list of the desk makes 4,000 objects and a batch of products 30,000, nearly all of which go by themselves. A full pass over
the 200,000 objects that are loaded once and for all stopped every sixtieth list, and every other batch, for a tenth of a
second.
"""

import gc

YOUNG_OBJECTS, YOUNGER_PASSES, OLDER_PASSES = 10_000, 10, 20


def settle() -> None:
    """Look no more at what is loaded now, and seldom at what comes."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNGER_PASSES, OLDER_PASSES)
