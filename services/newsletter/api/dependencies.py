"""What several resources need."""

from typing import Annotated

from fastapi import Depends

from services.newsletter.domain.delivery import Delivery
from services.newsletter.domain.issue import Issue
from services.newsletter.domain.news_item import NewsItem
from services.newsletter.domain.subscription import Subscription
from services.newsletter.keyed import Keyed
from services.newsletter.settings import NewsletterSettings, settings_of
from shared.commands import Repository
from shared.http import WorldDep, repository
from shared.security import Caller

Subscriptions = Annotated[Repository[Subscription], Depends(repository(Subscription))]
NewsItems = Annotated[Repository[NewsItem], Depends(repository(NewsItem))]
Issues = Annotated[Repository[Issue], Depends(repository(Issue))]
Deliveries = Annotated[Repository[Delivery], Depends(repository(Delivery))]


async def _settings(world: WorldDep) -> NewsletterSettings:
    return settings_of(world)


SettingsDep = Annotated[NewsletterSettings, Depends(_settings)]


async def _keyed(settings: SettingsDep) -> Keyed:
    return Keyed(settings.secret.get_secret_value())


KeyedDep = Annotated[Keyed, Depends(_keyed)]


async def _person(caller: Caller, keyed: KeyedDep) -> str:
    return keyed.person(caller.subject)


Person = Annotated[str, Depends(_person)]
"""The opaque id of the caller's account."""
