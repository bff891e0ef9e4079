"""`python -m sd_basis` is the same command line as `sd-basis`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="sd-basis")
