"""Two commits side by side: the same work on both, interleaved in new processes, judged by the interval of the ratio."""
