class Client:
    base: str

    def refresh(self):
        self.token = None
        self.seen: int

    def __init__(self, base, retries):
        self.base = base
        # Sent with each request.
        self.token: str | None = "x"
        self.low, self.high = 1, 2
        self.first = self.second = {
            1: retries,
        }
        other.foreign = self.token.part = 3
        if retries:
            self.retries = retries

        def later():
            self.closed = True

        self.size = 4

    @property
    def size(self):
        return self.retries

    class Pool:
        limit = 1

        # What it does.
        def fill(self): self.full = True; self.full = False


def free(self):
    self.stray = 1
