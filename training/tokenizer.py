"""Our own byte-level BPE, split exactly as llama.cpp splits: `python -m training.tokenizer`.

The regular expression is the one llama.cpp runs for `tokenizer.ggml.pre = tekken`
(src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_TEKKEN): single digits, CamelCase parts, one leading
punctuation mark kept with a word (`.name`, `_name` are one token), newlines glued to closing
punctuation. Both sides ignore merges for a piece that is a token as a whole.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from benchmarks.packages import documents
from training.work import add_work_option, work_folder, write_atomically

log = logging.getLogger("training.tokenizer")

TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+"
    r"|[^\r\n\p{L}\p{N}]?((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)
EOT, FIM_PRE, FIM_SUF, FIM_MID, FIM_PAD, REPO, FILE_SEP = range(len(SPECIAL_TOKENS))

VOCABULARY = 16_384
# llama.cpp's std::regex overflows the stack on a 40,000-character run of one class.
MAX_RUN = 10_000
CHARS_PER_SOURCE = 3_000_000
CHARS_PER_LANGUAGE = {"python": 20_000_000}
DEFAULT_LANGUAGE_CHARS = 9_000_000


def empty_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(TEKKEN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(texts: Iterator[str], vocabulary: int, min_frequency: int = 10) -> Tokenizer:
    tokenizer = empty_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=min_frequency,
        max_token_length=24,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def byte_pieces(tokenizer: Tokenizer) -> list[bytes]:
    """The bytes of every token by id; special tokens are empty."""
    byte_of = {character: byte for byte, character in byte_alphabet().items()}
    pieces = [b""] * tokenizer.get_vocab_size()
    for token, index in tokenizer.get_vocab().items():
        if index >= len(SPECIAL_TOKENS):
            pieces[index] = bytes(byte_of[character] for character in token)
    return pieces


def byte_alphabet() -> dict[int, str]:
    """GPT-2's map from bytes to printable characters (openai/gpt-2, encoder.py)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in table]
    return table | {byte: chr(256 + i) for i, byte in enumerate(others)}


def sample(corpus: Path, seed: int = 1) -> Iterator[str]:
    """A share of every source and language, so that no big package sets the vocabulary."""
    texts = list(documents.load(corpus))
    random.Random(seed).shuffle(texts)
    by_source: Counter[str] = Counter()
    by_language: Counter[str] = Counter()
    for document in texts:
        source, language, size = document.source, document.language, len(document.text)
        limit = CHARS_PER_LANGUAGE.get(language, DEFAULT_LANGUAGE_CHARS)
        if by_source[source] < CHARS_PER_SOURCE and by_language[language] < limit:
            by_source[source] += size
            by_language[language] += size
            yield document.text


def load(work: Path) -> Tokenizer:
    return Tokenizer.from_file(str(work / "tokenizer.json"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    arguments = parser.parse_args()
    work = work_folder(arguments.work)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    tokenizer = train(sample(work / "corpus" / "train.jsonl"), arguments.vocabulary)
    write_atomically(work / "tokenizer.json", lambda path: tokenizer.save(str(path)))
    log.info("%d tokens", tokenizer.get_vocab_size())
    return 0


if __name__ == "__main__":
    sys.exit(main())
