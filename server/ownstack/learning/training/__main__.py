"""`python -m ownstack.learning.training RUN_FOLDER`: train what the plan in a folder says.

Exit status: 0 done, or stopped and saved (SIGTERM, SIGINT; the same command goes on); 3 it cannot
be done, and a line of JSON on stderr says why: {"what": …, "hint": …}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from ownstack.errors import OwnstackError

CANNOT = 3
# Of this process alone, before the libraries load: nothing is looked up anywhere, and stderr is
# for people.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "TQDM_DISABLE": "1",
}


def main(folder: Path) -> int:
    """Run one training."""
    os.environ.update(ENVIRONMENT)
    stopped: list[int] = []
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda number, _frame: stopped.append(number))
    try:
        # Half a gigabyte of libraries, which may be missing: said in words, too.
        from ownstack.learning.training.plan import TrainingPlan
        from ownstack.learning.training.trainer import Trainer

        trainer = Trainer(folder, TrainingPlan.read(folder), lambda: bool(stopped))
        trainer.run()
    except OwnstackError as error:
        return _cannot(error.what, error.hint)
    except ImportError as error:
        return _cannot(
            f"What training needs is not installed: {error}.",
            'Install it with: pip install "ownstack[learn]"',
        )
    except MemoryError:
        return _cannot(
            "There is not enough memory to train this model.",
            "Close other programs, or choose a smaller model.",
        )
    except OSError as error:
        return _cannot(
            f"A file cannot be written or read: {error}.",
            "What was trained up to the last checkpoint is kept: make room, and go on.",
        )
    return 0


def _cannot(what: str, hint: str) -> int:
    print(json.dumps({"what": what, "hint": hint}), file=sys.stderr)
    return CANNOT


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
