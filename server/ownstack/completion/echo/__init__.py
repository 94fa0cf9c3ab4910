"""Echo: completion from what was written before, without any model.

The longest ends of the text before the cursor that occur elsewhere (this buffer, open documents,
the whole project), and which rest of a line follows them: an n-gram model without a bound on n.

`Projects` keeps a `Store` for every folder, which holds the text in `Segment`s (suffix arrays).
A key is a `EchoQuery`; its `Occurrence`s become `Candidate`s, and scoring chooses the best.
"""

from ownstack.completion.echo.echo import Echo, LineSuggestion, Proposal
from ownstack.completion.echo.projects import Projects

__all__ = ["Echo", "LineSuggestion", "Projects", "Proposal"]
