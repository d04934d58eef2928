"""Every resource there is, in the order in which the API lists them."""

from models.assessments import ASSESSMENTS
from models.claims import CLAIMS
from models.declaration import Resource
from models.defectors import DEFECTORS
from models.indicators import INDICATORS
from models.institutions import INSTITUTIONS
from models.people import PEOPLE
from models.purges import PURGES
from models.sources import SOURCES
from models.tables import ALL_TABLES, Table

RESOURCES: tuple[Resource, ...] = (
    DEFECTORS, PURGES, INSTITUTIONS, PEOPLE, SOURCES, CLAIMS, INDICATORS, ASSESSMENTS,
)  # fmt: skip

RESOURCE: dict[str, Resource] = {resource.name: resource for resource in RESOURCES}

TABLES: tuple[type[Table], ...] = (*ALL_TABLES, *(resource.table for resource in RESOURCES))


def resource_of(path: str) -> Resource:
    """The resource that a path such as `defectors/x` belongs to."""
    return RESOURCE[path.partition("/")[0]]
