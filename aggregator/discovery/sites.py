"""Where sites keep their feeds, as tables; no logic here. To teach it another site, add a line.

A feed is written as an absolute URL or as a path on the host that was given; {0}, {1} ... are what the pattern's groups
matched. Where a site has several, the best comes first.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """Sites whose feeds can be told from an address: `hosts` with or without www. or m., "*." for any below.

    `address` matches the whole path with its query, less a slash at the end.
    """

    hosts: tuple[str, ...]
    address: str
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A site whose feeds can be told from something that stands in its pages; no host means any."""

    hosts: tuple[str, ...]
    text: str
    feeds: tuple[str, ...]


_FORGES = ("codeberg.org", "gitea.com")
# What stands where a user's name does on GitHub and is none.
_NO_USER = r"(?!(?:about|collections|explore|features|marketplace|orgs|pricing|search|settings|sponsors|topics)\b)"
_REPOSITORY = rf"/{_NO_USER}([\w.-]+)/([\w.-]+?)(?:\.git)?"

BY_ADDRESS = (
    Site(("youtube.com",), r"/channel/(UC[\w-]{22})(?:/\w+)?", ("/feeds/videos.xml?channel_id={0}",)),
    Site(("youtube.com",), r"/(?:playlist|watch)\?(?:.*&)?list=([\w-]+).*", ("/feeds/videos.xml?playlist_id={0}",)),
    Site(("youtube.com",), r"/user/([\w-]+)(?:/\w+)?", ("/feeds/videos.xml?user={0}",)),
    Site(
        ("github.com",),
        _REPOSITORY,
        ("/{0}/{1}/releases.atom", "/{0}/{1}/tags.atom", "/{0}/{1}/commits.atom"),
    ),
    Site(("github.com",), rf"{_REPOSITORY}/(releases|tags)(?:/.*)?", ("/{0}/{1}/{2}.atom",)),
    Site(("github.com",), rf"{_REPOSITORY}/(?:commits|tree)/([^?]+)", ("/{0}/{1}/commits/{2}.atom",)),
    Site(("github.com",), rf"{_REPOSITORY}/commits", ("/{0}/{1}/commits.atom",)),
    Site(("github.com",), rf"/{_NO_USER}([\w-]+)", ("/{0}.atom",)),
    Site(("gitlab.com",), _REPOSITORY, ("/{0}/{1}/-/tags?format=atom", "/{0}/{1}.atom")),
    Site(_FORGES, _REPOSITORY, ("/{0}/{1}/releases.rss", "/{0}/{1}.rss")),
    Site(_FORGES, rf"{_REPOSITORY}/(releases|tags)", ("/{0}/{1}/{2}.rss",)),
    Site(("reddit.com", "old.reddit.com"), r"(/(?:r|u|user)/[\w+-]+(?:/\w+)?)(?:\?.*)?", ("{0}/.rss",)),
    Site(("reddit.com", "old.reddit.com"), r"(/r/\w+/comments/[^?]+)(?:\?.*)?", ("{0}/.rss",)),
    Site(("*.substack.com", "*.wordpress.com", "*.bearblog.dev"), r"", ("/feed/",)),
    Site(("medium.com",), r"/(@?[\w.-]+)", ("/feed/{0}",)),
    Site(("medium.com",), r"/tag/([\w-]+)(?:/.*)?", ("/feed/tag/{0}",)),
    Site(("*.medium.com",), r"", ("/feed",)),
    Site(("*.blogspot.com",), r"", ("/feeds/posts/default",)),
    Site(("*.blogspot.com",), r"/search/label/([^/?]+).*", ("/feeds/posts/default/-/{0}",)),
    Site(("*.tumblr.com",), r"", ("/rss",)),
    Site(("bsky.app",), r"/profile/([\w.:-]+)", ("/profile/{0}/rss",)),
    Site(("vimeo.com",), r"/([a-z][\w-]*)(?:/videos)?", ("/{0}/videos/rss",)),
    Site(("dev.to",), r"/(\w+)", ("/feed/{0}",)),
    Site(("pypi.org",), r"/project/([\w.-]+)(?:/.*)?", ("/rss/project/{0}/releases.xml",)),
    Site(("crates.io",), r"/crates/([\w-]+)(?:/.*)?", ("https://static.crates.io/rss/crates/{0}.xml",)),
    Site(("arxiv.org",), r"/list/([\w.-]+)/\w+.*", ("https://rss.arxiv.org/rss/{0}",)),
)

BY_TEXT = (
    # A page of a channel under its handle, its name, or a video of it.
    Trace(
        ("youtube.com",),
        r'"(?:externalId|channelId|browseId)"\s*:\s*"(UC[\w-]{22})"',
        ("/feeds/videos.xml?channel_id={0}",),
    ),
    Trace(
        ("soundcloud.com",),
        r"soundcloud://users:(\d+)",
        ("https://feeds.soundcloud.com/users/soundcloud:users:{0}/sounds.rss",),
    ),
)

# What `<meta name="generator">` begins with, in lower case; the feeds are below the page's own folder, or its root.
BY_GENERATOR = {
    "wordpress": ("feed/", "?feed=rss2"),
    "ghost": ("rss/",),
    "hugo": ("index.xml",),
    "jekyll": ("feed.xml", "atom.xml"),
    "eleventy": ("feed/feed.xml", "feed.xml"),
    "pelican": ("feeds/all.atom.xml",),
    "blogger": ("feeds/posts/default",),
    "squarespace": ("?format=rss",),
    "drupal": ("rss.xml",),
    "joomla": ("?format=feed&type=rss",),
    "discourse": ("latest.rss",),
    "wix.com": ("blog-feed.xml",),
    "hexo": ("atom.xml",),
    "gatsby": ("rss.xml",),
    "typo3": ("rss.xml",),
    "movable type": ("atom.xml",),
}

# Addresses that the same software has on any host; its pages mostly name the feed, and this is for those that do not.
ANYWHERE = (
    (r"(/@[\w.-]+)", "{0}.rss"),  # Mastodon
    (r"(/users/[\w.-]+)", "{0}.rss"),  # Mastodon, Pleroma
    (r"/c/([\w.@-]+)", "/feeds/c/{0}.xml?sort=Active"),  # Lemmy
    (r"/u/([\w.@-]+)", "/feeds/u/{0}.xml?sort=New"),  # Lemmy
    (r"(/(?:category|tag|author)/.+)", "{0}/feed/"),  # WordPress
)

# Of 1,181 feeds on ten readers' lists these paths had 706.
COMMON = ("feed/", "feed.xml", "rss", "atom.xml", "index.xml", "rss.xml")
