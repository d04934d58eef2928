"""People: everyone whom the texts name or single out."""

from peewee import TextField

from models.declaration import Resource, ResourceTable


class Person(ResourceTable):
    """What people are filtered and sorted by."""

    name = TextField()
    country = TextField(null=True, help_text="The country they belong to.")

    class Meta:
        """The list by name."""

        indexes = ((("name", "id"), False),)


PEOPLE = Resource(
    name="people",
    singular="person",
    table=Person,
    values=("names", "country", "roles", "ties"),
    terms={"institution": ("roles.institution",)},
    searched=("name", "description", "names.text", "roles.title"),
)
