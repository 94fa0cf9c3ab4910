"""Servers that speak OpenAI's API: vLLM, llama-server, Ollama, LM Studio, hosted ones."""
