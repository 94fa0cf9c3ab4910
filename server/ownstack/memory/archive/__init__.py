"""Archives: what a conversation knows as a YAML file that it can be continued from, anywhere."""
