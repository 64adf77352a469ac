def read_desk(*, may):
    return None
