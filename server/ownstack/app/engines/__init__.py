"""Which engine serves a role: chosen, opened once, shared, and watched for crashes."""
