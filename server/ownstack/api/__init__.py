"""The models of this machine as an OpenAI-compatible API on loopback. Converts, calls, converts."""
