"""Week against week: the benches' history file and the stored runs, as figures by calendar week."""
