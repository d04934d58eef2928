"""`python -m api` is `talbuk`."""

from api.commands import main

if __name__ == "__main__":
    main()
