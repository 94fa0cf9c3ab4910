"""The append-only log of conversations: sessions, their events, and finding what was said."""
