"""Nothing that a source writes into a title, a name or an address acts in a page or in a feed."""

from dataclasses import replace
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

import pytest
from publishing_samples import ATOM, BBC, CONTENT, SITE, TOPIC, entry, json_items, topic_documents

from aggregator.model import Copy, Document, Enclosure, Entry, Origin
from aggregator.publishing.check import fault
from aggregator.publishing.opml import render_opml
from aggregator.publishing.pages import Overview, render_index, render_item_page, render_status_page
from aggregator.publishing.status import Activity, SourceStatus, Status

PAYLOADS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a></svg>",
    "<math><maction actiontype='statusline' xlink:href='javascript:alert(1)'>x</maction></math>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#x6a;avascript:alert(1)'>x</a>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href=https://evil.example/>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "</title><script>alert(1)</script>",
    "</textarea></style></noscript><script>alert(1)</script>",
    "]]></content></entry><entry><title>injected</title>",
    "]]>&lt;/description&gt;<item>",
    "\" onmouseover=alert(1) x=\"",
    "' onmouseover=alert(1) x='",
    "\"><script>alert(1)</script>",
    "`-alert(1)-`",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "java\tscript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "https://evil.example/\" onclick=\"alert(1)",
    "https://evil.example/'><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\x1b]0;title\x07\x1b[2J<b>",
    "\u202e<script>alert(1)</script>",
    "%3Cscript%3Ealert(1)%3C/script%3E",
)  # fmt: skip

_ALLOWED_SCHEMES = ("http:", "https:")
_ACTING = frozenset({"script", "style", "iframe", "object", "embed", "form", "base", "math"})


class _Live(HTMLParser):
    """Everything in a piece of HTML that could act."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ACTING:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self.found.append(f"{tag} {name}")
            elif name in ("href", "src", "data", "action", "xlink:href"):
                scheme = (value or "").partition(":")[0] + ":" if ":" in (value or "") else ""
                if scheme and scheme not in _ALLOWED_SCHEMES:
                    self.found.append(f"{tag} {name}={value}")


def live(html: str) -> list[str]:
    """What in `html` a browser could run."""
    parser = _Live()
    parser.feed(html)
    parser.close()
    return parser.found


def hostile(payload: str) -> Entry:
    """An entry with the payload wherever a source may write."""
    source = replace(BBC, title=payload, url=payload, feed_url=payload, feed_id=payload, rights=payload)
    return entry(
        source=source,
        title=payload,
        url=payload,
        authors=(payload,),
        summary=payload,
        content="",
        language=payload,
        categories=(payload,),
        enclosures=(Enclosure(payload, payload, 1), Enclosure("https://cdn.example.org/x.mp3", payload)),
        image=payload,
        comments=payload,
        rights=payload,
        origin=Origin(payload, payload),
        also=(Copy(source, payload, payload),),
    )


def test_the_judge_can_find_something() -> None:
    """The parser that judges below does see live mark-up where there is some."""
    assert [payload for payload in PAYLOADS[:9] if live(payload)]
    assert live('<a href="javascript:x">') == ["a href=javascript:x"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_pages_stay_inert(payload: str) -> None:
    """A topic's page, the index, an item's page and the status page show the payload as words or not at all."""
    item = hostile(payload)
    named = replace(TOPIC, title=payload, description=payload)
    site = replace(SITE, title=payload, contact=payload, language=payload, hub=payload)
    failing = SourceStatus("bbc-world", "failing", url=payload, last_error=payload, failures=3)
    pages = [
        topic_documents(item, topic=named, site=site)["html"],
        render_index(site, [Overview(named, (item,))]).body,
        render_item_page(site, item, "full").body,
        render_status_page(site, Status((failing,)), Activity()).body,
    ]
    for page in pages:
        assert live(page.decode()) == []
        assert page.decode().count("<title>") == page.decode().count("</title>") == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_feeds_stay_inert(payload: str) -> None:
    """Each text of a feed is inert even in a reader that takes every text for HTML, and the feed is still one entry."""
    documents = topic_documents(hostile(payload))
    feed = fromstring(documents["atom"])
    channel = fromstring(documents["rss"])
    assert len(feed.findall(f"{ATOM}entry")) == len(list(channel.iter("item"))) == 1
    texts = [found.text or "" for root in (feed, channel) for found in root.iter()]
    addresses = [
        found.get(name, "") for root in (feed, channel) for found in root.iter() for name in ("href", "url", "src")
    ]
    assert [text for text in texts if live(text)] == []
    assert [address for address in addresses if address and not address.startswith(_ALLOWED_SCHEMES)] == []
    item = json_items(hostile(payload))[0]
    assert live(item["title"] + item["content_html"] + item["summary"] + "".join(item["tags"])) == []
    assert item["url"].startswith("https://")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_our_own_check_has_nothing_to_refuse(payload: str) -> None:
    """What is rendered of a hostile item passes the check that stands before publication."""
    documents = topic_documents(hostile(payload))
    assert [fault(Document(f"russia-us.{form}", body)) for form, body in documents.items()] == ["", "", "", ""]
    opml = render_opml(replace(SITE, title=payload), [replace(TOPIC, title=payload, description=payload)])
    assert fault(opml) == ""


def test_what_a_text_says_of_xml_ends_no_element() -> None:
    """`]]>` and `</content>` in content are text."""
    content = "<p>]]&gt; &lt;/content&gt;</p><pre>]]></pre>"
    documents = topic_documents(entry(content=content))
    assert fromstring(documents["atom"]).findtext(f"{ATOM}entry/{ATOM}content") == content
    assert fromstring(documents["rss"]).findtext(f"channel/item/{CONTENT}encoded") == content
