"""Articles and their copies, as values for the tests of the duplicate finder; all of it made up."""

from aggregator.curation.fingerprints import fingerprint
from aggregator.curation.verdicts import HOUR, Sighting
from aggregator.model import Item

NOON = 1_770_000_000

TITLE = "Port of Halvik to close to large ships while lock gates are replaced"
TEXT = (
    "The port of Halvik will close to large ships from March while engineers replace the two lock gates that have "
    "leaked since the storm of 2019, the harbour authority said on Tuesday. Ferries to the islands will sail from the "
    "old fish quay instead, and freight will be taken by rail to Brenna. The work is to cost 48 million crowns, a third "
    "of it paid by the state, and should be finished before the herring season. Fishermen had asked for a later start. "
    "Their union said that the quay was too small for both ferries and trawlers, and that nobody had spoken to its "
    "members. A spokeswoman for the authority answered that the gates might not last another winter."
)
REPORT_TITLE = "Fishermen in Halvik angry over closure of the port"
REPORT = (
    "Trawler crews blocked the main road into Halvik on Wednesday to protest against the plan to shut the harbour for "
    "repairs. Some forty boats would have to share one quay with the island ferries for months, said skipper Jorun Dahl, "
    "who has fished from the town since she was sixteen. The mayor promised to meet them on Friday, but said that the "
    "decision was not his to take back. Police kept one lane open for ambulances and buses."
)


def sighting(
    title: str,
    text: str = "",
    *,
    source: str = "gazette",
    hours: float = 0,
    url: str = "",
    summary: str = "",
    number: int = 1,
) -> Sighting:
    """Return an item as `source` showed it, so many hours after noon."""
    item = Item(guid="g", title=title, url=url, text=text, summary=summary)
    return Sighting(number, source, NOON + int(hours * HOUR), fingerprint(item))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [f"{part.strip(' .')}." for part in text.split(". ")]


def words(text: str, count: int) -> str:
    """Return the first so many words of a text."""
    return " ".join(text.split()[:count])
