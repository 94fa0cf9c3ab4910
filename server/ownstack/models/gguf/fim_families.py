"""What is known about the infill formats of model families: markers, order, repository context.

A family is recognised by its markers; where several use the same ones, by the model's name or
architecture. Sources, per family, are named in its entry. That a family is listed means that its
format is known, not that the model is good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["psm", "spm"]

PSM = "PpSsM"
"""The order of an infill prompt: capitals are the prefix, suffix and middle markers, small
letters the texts. Here the prefix comes first (Bavarian et al. 2022, arXiv 2207.14255, §3)."""
SPM = "PSsMp"
"""The suffix first, as a PSM prompt with an empty prefix ("SPMv2" of the StarCoder models and
Code Llama; the same paper, §3): what is typed is appended."""
SPM_MIDDLE_LAST = "SsPpM"
SPM_WITHOUT_MIDDLE = "SsPp"


@dataclass(frozen=True, slots=True)
class Family:
    """Models that share an infill format."""

    name: str
    prefix: str
    suffix: str
    middle: str
    pad: str = ""
    repo: str = ""
    file_sep: str = ""
    """Comes before each file: marker, path, line break, content. "" = files are told apart by a
    line of text (`header`)."""
    order: Order = "psm"
    suffix_first: str = SPM
    """The pattern used in SPM order."""
    names: tuple[str, ...] = ()
    """Parts of `general.name` or `general.architecture`, one of which must be there (lower case);
    () = the markers suffice."""
    needs_file_sep: bool = False
    """Whether the vocabulary must have `file_sep`, to tell it from a family without."""
    header: str = "{comment} {path}\n"
    """Written before a file where there is no `file_sep`; `{comment}` is the language's mark."""
    inside: Literal["", "path", "all"] = ""
    """What of path and context belongs after the prefix marker instead of before the prompt."""


FAMILIES = (
    # google/codegemma-2b model card, "For Code Completion"; <|file_separator|> also ends answers.
    Family(
        "codegemma",
        *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        file_sep="<|file_separator|>",
        names=("gemma",),
    ),
    # ibm-granite/granite-3.3-8b-base and later: the markers of Granite Code with bars.
    Family(
        "granite",
        *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
        names=("granite",),
    ),
    # QwenLM/Qwen2.5-Coder README, "Fill in the middle" and "Repository Level Code Completion".
    Family(
        "qwen2.5-coder",
        *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
        repo="<|repo_name|>",
        file_sep="<|file_sep|>",
    ),
    # JetBrains/Mellum-4b-base model card: <filename>path, then suffix, prefix and <fim_middle>.
    Family(
        "mellum",
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        file_sep="<filename>",
        order="spm",
        suffix_first=SPM_MIDDLE_LAST,
        names=("mellum",),
    ),
    # smallcloudai/Refact-1_6B-fim model card (its example is PSM).
    Family(
        "refact",
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        names=("refact",),
    ),
    # ibm-granite/granite-3b-code-base model card; StarCoder's tokeniser, arXiv 2405.04324.
    Family(
        "granite",
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        names=("granite",),
    ),
    # arXiv 2402.19173 §5.1: <file_sep><fim_prefix>path, line break, code; nuprl/MultiPL-E,
    # starcoder2.py: "StarCoder and StarCoder 2 use SPMv2".
    Family(
        "starcoder2",
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        repo="<repo_name>",
        file_sep="<file_sep>",
        order="spm",
        inside="path",
        needs_file_sep=True,
    ),
    # arXiv 2305.06161 §3.3 (half of the training in each order).
    Family(
        "starcoder",
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
        order="spm",
        names=("starcoder",),
    ),
    # Others with StarCoder's markers: nothing else is known about their training.
    Family("starcoder-like", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>"),
    # bigcode/santacoder model card: hyphens where StarCoder has underscores.
    Family("santacoder", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<fim-pad>"),
    # deepseek-ai/DeepSeek-Coder README: PSM only; files are joined by lines "#path".
    Family(
        "deepseek-coder",
        "<\uff5cfim\u2581begin\uff5c>",
        "<\uff5cfim\u2581hole\uff5c>",
        "<\uff5cfim\u2581end\uff5c>",
        header="#{path}\n",
    ),
    # ByteDance-Seed/Seed-Coder-8B-Base tokenizer_config.json; suffix, prefix, middle as in the
    # prompts of zed-industries/zeta-2, which was trained from it.
    Family(
        "seed-coder",
        *("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
        order="spm",
        suffix_first=SPM_MIDDLE_LAST,
    ),
    # facebookresearch/codellama, generation.py, infilling_prompt_tokens; arXiv 2308.12950 §2.3:
    # both orders were trained, SPM wants token healing, which the engine does.
    Family("codellama", "\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>", order="spm"),
    Family("codellama", "<PRE>", "<SUF>", "<MID>", order="spm"),
    # mistralai/mistral-common, encode_fim: [SUFFIX]suffix[PREFIX]prefix, [MIDDLE] is not used.
    # Files after [PREFIX], each under "+++++ path": continuedev/continue, codestralMultifile.
    Family(
        "codestral",
        "[PREFIX]",
        "[SUFFIX]",
        "[MIDDLE]",
        order="spm",
        suffix_first=SPM_WITHOUT_MIDDLE,
        header="+++++ {path}\n",
        inside="all",
    ),
    # llama.cpp, src/llama-vocab.cpp ("GLM-4.5").
    Family("glm", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
)

STOPS = (
    *("<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|im_start|>", "<|end|>", "<|eot_id|>"),
    *(
        "<|eom_id|>",
        "<end_of_turn>",
        "<start_of_turn>",
        "<EOT>",
        "_<EOT>",
        "\u2581<EOT>",
        "<|EOT|>",
    ),
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
    *("<|repo_name|>", "<|file_sep|>", "<|file_separator|>", "<repo_name>", "<file_sep>"),
    *("<|fim_pad|>", "<fim_pad>", "<reponame>", "<filename>", "<gh_stars>", "<|filename|>"),
    *("<|reponame|>", "<issue_start>", "<jupyter_start>", "<commit_before>"),
)
"""Markers that are never part of code: an answer ends at them, whatever the GGUF declares.

After llama.cpp's list of end-of-generation tokens (src/llama-vocab.cpp); a GGUF that names one
such token only makes Qwen2.5-Coder run on (llama.cpp issue 9606), and a `<file_sep>` that is not a
stop ends up in the user's file (twinny issue 268).
"""

UNKNOWN = Family("metadata", "", "", "")
"""The metadata names markers that are no known family's."""

ENCODERS = ("bert", "t5encoder", "embedding", "clip", "whisper", "wavtokenizer")
"""Parts of `general.architecture` of models that do not write text."""
