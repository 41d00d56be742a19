"""`python -m soundscape`: the command line, where the command itself is not on the path."""

from soundscape.apps.cli import main

if __name__ == "__main__":
    main()
