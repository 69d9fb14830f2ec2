"""The network's lists of terms as HSDS taxonomies, and what is said of a record by them."""

from functools import cache

from services.directory.hsds.records import AttributeRecord, TaxonomyRecord, TaxonomyTermRecord, record_id
from shared.taxonomy import SERVICES, TOPICS, Taxonomy, Term

TAXONOMIES = (SERVICES, TOPICS)
_ABOUT = {
    "service": ("Services of Mother Centers", "What a center may offer to those who come."),
    "topic": ("Topics of Mother Centers", "What centers can teach one another."),
}


@cache
def taxonomy_record(of: str) -> TaxonomyRecord:
    """The list of services or of topics."""
    name, description = _ABOUT[of]
    version = next(str(taxonomy.version) for taxonomy in TAXONOMIES if taxonomy.of == of)
    return TaxonomyRecord(id=record_id("taxonomy", of), name=name, description=description, version=version)


@cache
def term_record(of: str, code: str) -> TaxonomyTermRecord:
    """A term; one that is listed no more has its code for a name."""
    taxonomy = next(taxonomy for taxonomy in TAXONOMIES if taxonomy.of == of)
    found = next((term for term in taxonomy.terms if term.code == code), Term(code=code, labels={}))
    others = [f"{label} ({language})" for language, label in found.labels.items() if language != "en"]
    return TaxonomyTermRecord(
        id=record_id("term", of, code),
        code=code,
        name=taxonomy.label(code, "en"),
        description="; ".join(others),
        taxonomy=taxonomy_record(of).name,
        taxonomy_id=taxonomy_record(of).id,
    )


def terms_of(taxonomy: Taxonomy) -> list[TaxonomyTermRecord]:
    """All terms of a list, in its order."""
    return [term_record(taxonomy.of, term.code) for term in taxonomy.terms]


def has_term(link_entity: str, link_id: str, of: str, code: str) -> AttributeRecord:
    """That a term holds for a record."""
    term = term_record(of, code)
    return AttributeRecord(
        id=record_id("attribute", link_id, term.id),
        link_id=link_id,
        link_entity=link_entity,
        link_type=of,
        taxonomy_term_id=term.id,
        taxonomy_term=term,
    )


def has_value(link_entity: str, link_id: str, link_type: str, value: str) -> AttributeRecord:
    """That something has a value of which HSDS has no field."""
    return AttributeRecord(
        id=record_id("attribute", link_id, link_type),
        link_id=link_id,
        link_entity=link_entity,
        link_type=link_type,
        value=value,
    )
