"""A store that speaks the Naver Commerce API over HTTP, served from a catalogue file.

A program of its own: `python -m products.storesync.simulator --catalogue FILE --products N --rate R --seed S --port P`.
The contract stands under /external, product pictures under /images, and the tester's levers under /control.
`--scenario NAME` plays a named trouble, `--speed N` makes everything that lasts N times shorter: see docs/simulator.md.
The same file and seed give the same bytes; nothing here imports Django.
"""
