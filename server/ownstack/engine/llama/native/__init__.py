"""The native library and its handles. Nobody else calls it."""
