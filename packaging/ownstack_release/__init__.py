"""What makes releases: portable wheels, wheelhouses, VSIXs, SBOMs. Run as `scripts/package`.

A command is a module of this package with `add_to(commands)`, which describes it to argparse and
sets `run`, a function from the parsed arguments to the exit status.
"""
