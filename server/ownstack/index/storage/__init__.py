"""The index on disk. The only package that knows LanceDB and Arrow."""
