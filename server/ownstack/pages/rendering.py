"""From a template and values to HTML: all values are escaped, and none may be missing."""

from __future__ import annotations

from typing import Any

from ownstack.pages.axes import HEIGHT, LEFT, WIDTH


def render(package: str, template: str, **values: Any) -> str:
    """Return the page of a template that lies in a package; it may extend `page.html` of this one.

    Values may be named after files, servers and models: whatever is in them is text.
    """
    import jinja2

    ours = jinja2.PackageLoader("ownstack.pages", "")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package, ""), ours]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"width": WIDTH, "height": HEIGHT, "left": LEFT}
    return environment.get_template(template).render(**values)
