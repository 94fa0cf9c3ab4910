"""The trainer: the only importer of torch, transformers and peft; a process of its own."""
