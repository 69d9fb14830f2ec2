"""The taxonomy of services that this directory works with, read from its data file."""

from importlib.resources import files

from services.directory.domain.taxonomy import Taxonomy

SERVICES = Taxonomy.model_validate_json(files(__package__).joinpath("data", "services.json").read_bytes())
