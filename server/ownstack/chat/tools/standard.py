"""The tools that a conversation about a project has, put together."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.chat.edits import Edits
from ownstack.chat.retrieval import Project
from ownstack.chat.tools.delegation import delegation_tools
from ownstack.chat.tools.diagnostics import EditorDiagnostics, diagnostic_tools
from ownstack.chat.tools.editing import editing_tools
from ownstack.chat.tools.files import file_tools
from ownstack.chat.tools.git import git_tools
from ownstack.chat.tools.lookup import lookup_tools
from ownstack.chat.tools.remembering import Recollect, memory_tools
from ownstack.chat.tools.testing import runner_tools
from ownstack.chat.tools.tool import Approve, ChatTool
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.protocol import Engine
from ownstack.memory.log.session import SessionLog

ORDER = (
    *("search", "read", "symbols", "propose_edit", "references", "list", "git_diff"),
    *("recall", "run_tests", "diagnostics", "delegate"),
)
"""As a model is told of them; where there is no room for all, the first ones are kept."""


def standard_toolbox(
    session: SessionLog,
    project: Project,
    edits: Edits,
    recollect: Recollect,
    *,
    engine: Engine | None = None,
    approve: Approve | None = None,
    diagnostics: EditorDiagnostics | None = None,
    is_trusted: bool = True,
    is_guided: bool = False,
    others: Sequence[ChatTool] = (),
) -> Toolbox:
    """Return the tools of a session, the user's own (`others`) last.

    Without `approve` there is nobody to ask, so no tests are run. In a folder that is not trusted
    nothing is read, run or proposed.
    """
    lookups = (*lookup_tools(project), *file_tools(project.root, edits.text))
    tools = [
        *lookups,
        *editing_tools(edits),
        *git_tools(project.root),
        *memory_tools(session, recollect),
        *diagnostic_tools(diagnostics),
    ]
    if approve is not None:
        tools += runner_tools(project.root, approve)
    if engine is not None:
        looks = Toolbox(lookups, is_trusted=is_trusted, is_guided=is_guided)
        tools += delegation_tools(engine, project, looks, session.id)
    tools.sort(key=lambda tool: ORDER.index(tool.spec.name))
    return Toolbox([*tools, *others], is_trusted=is_trusted, is_guided=is_guided)
