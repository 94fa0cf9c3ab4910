"""What a server can speak. By itself, since the command line names them at every start."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["openai", "anthropic"]
KINDS: tuple[Kind, ...] = get_args(Kind)
