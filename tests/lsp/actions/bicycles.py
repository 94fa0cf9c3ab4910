"""A shop whose code is edited, and what a model writes of it."""

from pathlib import Path
from typing import Any

from tests.lsp.conftest import Connect
from tests.support.acting import Actor

REPAIR = '''def repair(bike):
    """Mend a bicycle."""
    mended = bike.mend()
    return mended
'''
SHOP = f"""import os


{REPAIR}

def sell(bike):
    price = bike.price
    bike.owner = None
    return price
"""
SIMPLER = '''```python
def repair(bike):
    """Mend a bicycle."""
    return bike.mend()
```'''
SIMPLIFIED = REPAIR.replace(
    "    mended = bike.mend()\n    return mended\n", "    return bike.mend()\n"
)
"""`REPAIR` with it."""


async def window(connect: Connect, shop: Path, **more: Any) -> Actor:
    """Open a window on a file; its editor can what is said."""
    actor = Actor(await connect())
    await actor.hello(shop.parent, **more)
    actor.open(shop)
    return actor
