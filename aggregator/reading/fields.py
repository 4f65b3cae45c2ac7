"""What each plain element of an item says, in the entry that feedparser would make of it.

Elements are plain where they hold text and nothing else. Each function here takes one and puts down what it says, under
the names and by the rules of feedparser (a later element wins over an earlier one, a title over one that lies deeper,
a second summary is content ...), and raises `OddError` where it cannot: such an item is feedparser's.
"""

import re
from collections.abc import Callable

from aggregator.reading.drafts import HTML, TEXT, Draft, Element, OddError, detail, mended, put, resolved
from aggregator.reading.normalise import MAX_LIST

_PAGES = ("html", HTML, "xhtml", "application/xhtml+xml")
_MEDIA_SCHEME = "http://search.yahoo.com/mrss/category_schema"
_ITUNES_SCHEME = "http://www.itunes.com/"
_MAX_TAGS = 4 * MAX_LIST  # each is compared with all others
_ADDRESS = re.compile(
    r"^([\w.+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,4})(?: \(([^()@<>&]*[^()@<>&\s][^()@<>&]*)\))?$", re.ASCII | re.IGNORECASE
)
_SEMICOLON = re.compile("&([A-Za-z0-9_]+);")


def _title(draft: Draft, element: Element, *, own: bool = True) -> None:
    text = detail(draft, element, TEXT)
    if not -1 < draft.title_depth <= element.depth:
        put(draft, "title", text["value"], element)
        draft.entry["title_detail"] = text
    if own and text["value"]:
        draft.title_depth = element.depth


def _media_title(draft: Draft, element: Element) -> None:
    _title(draft, element, own=False)


def _description(draft: Draft, element: Element) -> None:
    _summary(draft, element, HTML)


def _summary(draft: Draft, element: Element, kind: str = TEXT) -> None:
    if "summary" in draft.entry and not draft.has_content:
        _content(draft, element)
    else:
        _abstract(draft, element, kind)


def _abstract(draft: Draft, element: Element, kind: str = TEXT) -> None:
    text = detail(draft, element, kind)
    put(draft, "summary", text["value"], element)
    draft.entry["summary_detail"] = text


def _content(draft: Draft, element: Element, kind: str = TEXT) -> None:
    draft.has_content = True
    text = detail(draft, element, kind)
    draft.entry.setdefault("content", []).append(text)
    draft.entry.setdefault("summary", text["value"])


def _encoded(draft: Draft, element: Element) -> None:
    _content(draft, element, HTML)


def _rights(draft: Draft, element: Element) -> None:
    put(draft, "rights", detail(draft, element, TEXT)["value"], element)


def _guid(draft: Draft, element: Element) -> None:
    is_link = element.attributes.get("ispermalink", "true") == "true"
    text = element.text.strip()
    guid = mended(resolved(text, element.base) if is_link and text else text)
    put(draft, "id", guid, element)
    if is_link:
        draft.entry.setdefault("link", guid)


def _link(draft: Draft, element: Element) -> None:
    given = _with_href(element.attributes)
    relation = given.pop("rel", "alternate")
    if "href" in given:
        given["href"] = resolved(given["href"], element.base)
        if relation == "alternate" and given.get("type", HTML) in _PAGES:
            draft.entry["link"] = given["href"]
    else:
        text = element.text.strip()
        text = mended(resolved(text, element.base) if text else text)
        draft.entry["link"] = _SEMICOLON.sub(r"&\1", text.replace("&amp;", "&"))
        if text:
            given["href"] = draft.entry["link"]
    if relation == "enclosure":
        given.setdefault("type", HTML)
        draft.entry.setdefault("enclosures", []).append(given)


def _enclosure(draft: Draft, element: Element) -> None:
    given = _with_href(element.attributes)
    given.pop("rel", "")
    draft.entry.setdefault("enclosures", []).append(given)


def _with_href(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes, with the address under one name."""
    href = attributes.get("url", attributes.get("uri", attributes.get("href")))
    if not href:
        return dict(attributes)
    return {name: value for name, value in attributes.items() if name not in ("url", "uri")} | {"href": href}


def _date(key: str) -> Callable[[Draft, Element], None]:
    def take(draft: Draft, element: Element) -> None:
        text = mended(element.text.strip())
        put(draft, key, text, element)
        draft.entry[f"{key}_parsed"] = draft.feedparser.parse_date(text) if text else None

    return take


def _comments(draft: Draft, element: Element) -> None:
    _without_attributes(element)
    text = element.text.strip()
    put(draft, "comments", mended(resolved(text, element.base) if text else text), element)


def _without_attributes(element: Element) -> None:
    if element.attributes:
        raise OddError


def _author(draft: Draft, element: Element) -> None:
    name, mail = _person(element)
    if element.depth > draft.depths.setdefault("author", element.depth):
        raise OddError
    draft.depths["author"] = element.depth
    draft.entry.setdefault("authors", []).append({"name": name, "email": mail})


def _person(element: Element) -> tuple[str, str]:
    """A name and a mail address; of another shape feedparser takes apart what has an address in it."""
    if element.parts:
        name, text = element.parts.get("name", ""), ""
    else:
        name, text = "", mended(element.text.strip())
    if address := _ADDRESS.match(text):
        return (address[2] or "").strip(), address[1]
    if "@" in text or (element.parts and not name):
        raise OddError
    return name or text, ""


def _category(draft: Draft, element: Element) -> None:
    given = element.attributes
    _tag(draft, given.get("term"), given.get("scheme", given.get("domain")), given.get("label"), element)


def _media_category(draft: Draft, element: Element) -> None:
    given = element.attributes
    _tag(draft, given.get("term"), given.get("scheme", _MEDIA_SCHEME), given.get("label"), element)


def _itunes_category(draft: Draft, element: Element) -> None:
    _tag(draft, element.attributes.get("text"), _ITUNES_SCHEME, None, element)


def _tag(draft: Draft, term: str | None, scheme: str | None, label: str | None, element: Element) -> None:
    tags = draft.entry.setdefault("tags", [])
    _add_tag(tags, term, scheme, label)
    text = mended(element.text.strip())
    if text and tags and not tags[-1]["term"]:
        tags[-1]["term"] = text
    elif text:
        _add_tag(tags, text, None, None)


def _add_tag(tags: list[dict[str, str | None]], term: str | None, scheme: str | None, label: str | None) -> None:
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and len(tags) < _MAX_TAGS and tag not in tags:
        tags.append(tag)


def _itunes_keywords(draft: Draft, element: Element) -> None:
    _keywords(draft, element, _ITUNES_SCHEME)


def _keywords(draft: Draft, element: Element, scheme: str | None = None) -> None:
    _without_attributes(element)
    for word in mended(element.text.strip()).split(","):
        if word.strip():
            _add_tag(draft.entry.setdefault("tags", []), word.strip(), scheme, None)


def _source(draft: Draft, element: Element) -> None:
    source = {"href": element.attributes["url"]} if "url" in element.attributes else {}
    text = mended(element.text.strip())
    draft.entry["source"] = source | ({"title": text} if text else {})
    draft.title_depth = -1


def _media_content(draft: Draft, element: Element) -> None:
    draft.entry.setdefault("media_content", []).append(element.attributes)


def _thumbnail(draft: Draft, element: Element) -> None:
    if element.text.strip():
        raise OddError
    draft.entry.setdefault("media_thumbnail", []).append(element.attributes)


def _image(draft: Draft, element: Element) -> None:
    href = element.attributes.get("href") or element.attributes.get("url")
    if href:
        draft.entry["image"] = {"href": href}


def _nothing(_draft: Draft, _element: Element) -> None:
    """It says nothing that we keep."""


_FUNCTIONS = {
    _title: ("title", "dc_title"),
    _media_title: ("media_title",),
    _description: ("description", "dc_description", "media_description"),
    _summary: ("summary", "itunes_summary"),
    _abstract: ("abstract",),
    _content: ("content",),
    _encoded: ("content_encoded", "fullitem"),
    _rights: ("rights", "copyright", "dc_rights"),
    _guid: ("guid", "id"),
    _link: ("link",),
    _enclosure: ("enclosure",),
    _date("published"): ("pubdate", "published", "issued", "dcterms_issued"),
    _date("updated"): ("updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"),
    _date("created"): ("created", "dcterms_created"),
    _comments: ("comments",),
    _author: ("author", "dc_creator", "dc_author", "itunes_author", "managingeditor"),
    _category: ("category", "keywords", "dc_subject"),
    _media_category: ("media_category",),
    _itunes_category: ("itunes_category",),
    _itunes_keywords: ("itunes_keywords",),
    _keywords: ("media_keywords",),
    _source: ("source",),
    _media_content: ("media_content",),
    _thumbnail: ("media_thumbnail",),
    _image: ("itunes_image",),
    _nothing: (
        "media_group", "contributor", "dc_contributor", "dc_publisher", "webmaster", "language", "dc_language",
        "itunes_subtitle", "subtitle", "tagline", "info", "itunes_explicit", "itunes_block", "media_rating",
        "media_credit", "media_restriction", "media_license", "media_player", "creativecommons_license", "cc_license",
        "expirationdate", "generator", "georss_point", "georss_line", "georss_polygon", "georss_box",
    ),
}  # fmt: skip
FIELDS = {name: function for function, names in _FUNCTIONS.items() for name in names}
