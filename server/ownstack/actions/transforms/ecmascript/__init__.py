"""JavaScript and TypeScript: by what `rewrites.scm` finds."""
