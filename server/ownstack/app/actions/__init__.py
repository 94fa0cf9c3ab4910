"""Code actions of one window: what is offered, made, shown, accepted."""
