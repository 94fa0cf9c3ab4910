"""Servers that speak Anthropic's messages API. Used only where somebody named one."""
