"""Our tokenizer against llama.cpp's, token for token: `python -m training.check_tokenizer`.

Exports the vocabulary alone as a GGUF and compares the ids of held-out and training files and of
awkward strings. Texts are cut where a run of one character class is longer than 10,000, since
llama.cpp's std::regex dies at 40,000.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from benchmarks.packages import documents
from training.export import write_vocabulary
from training.tokenizer import MAX_RUN, load
from training.work import add_work_option, work_folder

LONG_RUN = re.compile(rf"\s{{{MAX_RUN},}}|\w{{{MAX_RUN},}}|[^\w\s]{{{MAX_RUN},}}")
AWKWARD = (
    "'test' it's 'sure' don't I'LL",
    "é日本語 = 'ñandú'  # ünïcode → ∑",
    "x=1234567 0x1F\t\ttabs\r\n\r\n   trailing   ",
    "    " * 50 + "x",
    "=" * 3000,
    "a" * 3000,
    "__foo__Bar2Baz(*args,**kw):\n\n\n  #//// /// \n/",
    " ",
    "\n",
    "\n\n \n\t x",
    "fooÉBar HTTPServer2 URLs XMLHttpRequest",
    "🙂 emoji 👩‍👩‍👧 x",
    "fn main() -> Result<(), Box<dyn Error>> {\n\tlet x = &'a str;\n}",
    "#include <stdio.h>\nint *p = &(x->y);\n",
    'if err != nil {\n\t\treturn nil, fmt.Errorf("%w", err)\n\t}\n',
    "a\u00a0b\u2028c\u3000d",
)


def capped(text: str) -> str:
    """Runs of one character class cut to what llama.cpp survives."""
    return LONG_RUN.sub(lambda match: match.group()[:MAX_RUN], text)


def texts(corpus: Path, count: int, seed: int = 5) -> list[str]:
    chosen = [document.text for document in documents.load(corpus)]
    return random.Random(seed).sample(chosen, min(count, len(chosen)))


def llama_tokenizer(model: Path) -> Callable[[str], list[int]]:
    from llama_cpp import Llama

    llama = Llama(str(model), vocab_only=True, verbose=False)
    return lambda text: llama.tokenize(text.encode("utf-8"), add_bos=False, special=False)


def differences(
    tokenizer: Tokenizer, other: Callable[[str], list[int]], samples: list[str]
) -> tuple[int, list[str]]:
    """Number of tokens compared, and a line for every text where the two disagree."""
    count, found = 0, []
    for text in map(capped, samples):
        ours, theirs = tokenizer.encode(text, add_special_tokens=False).ids, other(text)
        count += len(ours)
        if ours != theirs:
            pairs = zip(ours, theirs, strict=False)
            at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ours), len(theirs)))
            around = [tokenizer.id_to_token(i) for i in ours[max(0, at - 2) : at + 4]]
            found.append(f"{text[:40]!r}… at token {at}: {around}")
    return count, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    parser.add_argument("--files", type=int, default=300, help="files from each of both corpora")
    arguments = parser.parse_args()
    work = work_folder(arguments.work)
    tokenizer = load(work)
    model = work / "vocabulary.gguf"
    write_vocabulary(model, work / "tokenizer.json")
    samples = list(AWKWARD)
    for name in ("heldout", "train"):
        samples += texts(work / "corpus" / f"{name}.jsonl", arguments.files)
    count, found = differences(tokenizer, llama_tokenizer(model), samples)
    print(f"{len(samples)} texts, {count} tokens, {len(found)} differ")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
