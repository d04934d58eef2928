"""What a vocabulary is; the modules of this package hold them, each once, as data.

A vocabulary is the list of values that a field may take. The choices of a column, the enumerations of
the API document, the published codebook and the schemas of the fixtures are all made from these lists. A
list grows when the texts need it, by a term with a definition and an example; there is no free text beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Term(NamedTuple):
    """One value of a vocabulary, the rule by which it is chosen, and a case of it: one sentence each.

    An example begins with the path of a record of the fixtures (or, of `coding`, with a resource's field) that has
    the value, and tells why in our own words; where no record has it, it is a case that we made up.
    """

    value: str
    definition: str
    example: str


@dataclass(frozen=True)
class Vocabulary:
    """A closed list of values: its name (a slug), what it is about (a sentence), its terms in order."""

    name: str
    about: str
    terms: tuple[Term, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The values alone, in the order of the terms."""
        return tuple(term.value for term in self.terms)

    @property
    def explained(self) -> str:
        """What it is about and what each value means, as Markdown."""
        terms = "".join(f"\n- `{term.value}`: {term.definition}" for term in self.terms)
        return f"{self.about}\n{terms}"

    def __contains__(self, value: object) -> bool:
        """Tell whether a value belongs to the list."""
        return value in self.values

    def __iter__(self) -> Iterator[str]:
        """Go through the values in the order of the terms."""
        return iter(self.values)
