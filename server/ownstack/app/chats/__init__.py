"""Conversations about projects as windows share them: asked, answered, followed; no protocol."""
