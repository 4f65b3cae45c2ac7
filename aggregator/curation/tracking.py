"""The tables behind canonical URLs: which parameters only track, which hosts only wrap or mirror; no logic here.

Gathered from publishers' own links. Names are lower case. To teach it another, add a line.
"""

# Dropped whatever the value.
TRACKING_NAMES = frozenset(
    {
        *("__hsfp", "__hssc", "__hstc", "__s", "__source", "__tn__", "__twitter_impression", "_hsenc", "_hsmi"),
        *("_ke", "_openstat", "_r", "action_object_map", "action_ref_map", "action_type_map", "amp_gsa"),
        *("amp_js_v", "amp_tf", "aoh", "asc_campaign", "asc_source", "cm_mmc", "cm_mmca1"),
        *("cmpid", "cvid", "dclid", "dicbo", "dm_i", "ef_id", "elqtrack", "elqtrackid", "emc", "epik"),
        *("fbclid", "ftag", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer", "guce_referrer_sig"),
        *("hsctatracking", "icid", "igsh", "igshid", "int_cid", "int_source", "intcid", "intcmp", "irclickid"),
        *("ito", "jsessionid", "li_fat_id", "linkback", "maca", "mbid", "mc_cid", "mc_eid", "mkt_tok"),
        *("msclkid", "ncid", "nlid", "ob_click_id", "obref", "oly_anon_id", "oly_enc_id", "outbrainclickid"),
        *("phpsessid", "rb_clickid", "rcode", "recip_id", "ref_src", "ref_url", "reflink", "refsrc"),
        *("s_cid", "s_kwcid", "smid", "smtyp", "soc_src", "soc_trk", "spm", "sr_share", "sref", "srnd", "taid"),
        *("traffic_source", "trk", "trkcampaign", "trkinfo", "tsrc", "ttclid", "twclid", "usqp", "utm"),
        *("vero_conv", "vero_id", "wbraid", "wickedid", "wprov", "xtor", "xtref", "xts", "yclid"),
        *("yptr", "ysclid"),
    }
)
TRACKING_PREFIXES = (
    *("at_", "cx_", "fb_", "ga_", "hsa_", "itm_", "matomo_", "mkt_", "mtm_", "ns_", "oft_", "piwik_", "pk_"),
    *("sc_", "sfmc_", "stm_", "trk_", "utm_", "wt_"),
)

# Dropped unless the value is a number: `cid=rss` tracks, `cid=1287` says which page.
WEAK_NAMES = frozenset({"campaign_id", "cid", "cmp", "mod", "nl", "ocid", "partner", "rpc", "share", "shared", "st"})

# Another form of the same page, dropped when switched on: `?amp`, `?rss=1`, `?print=true`.
FLAG_NAMES = frozenset({"amp", "mobile", "outputtype", "output", "print", "rss", "rssfeed"})
FLAG_VALUES = frozenset({"", "1", "true", "yes", "amp", "rss", "print"})

# Where the reader came from, dropped when the value's first word is one of these.
REFERRER_NAMES = frozenset({"from", "medium", "origin", "ref", "referer", "referrer", "source", "src", "via"})
REFERRER_WORDS = frozenset(
    {
        *("atom", "email", "facebook", "fb", "feed", "feedburner", "feeds", "hackernews", "hn", "home", "instagram"),
        *("linkedin", "mastodon", "newsletter", "pocket", "reddit", "rss", "rssfeed", "share", "social", "syndication"),
        *("telegram", "tw", "twitter", "whatsapp"),
    }
)

# Dropped from the end of a URL: nothing on the page is named by them.
JUNK_FRAGMENTS = frozenset({"", "comments", "content", "disqus_thread", "main", "respond", "rss", "top"})
JUNK_FRAGMENT_PREFIXES = (":~:", "tk.", "echobox=", "publisher=", "ixzz")

# Pages where only these parameters count.
TELLING_NAMES = {
    "news.ycombinator.com/item": ("id",),
    "youtube.com/playlist": ("list",),
    "youtube.com/watch": ("v",),
}

# Labels in front of a host that show the same pages.
MIRROR_LABELS = frozenset({"www", "www1", "www2", "www3", "m", "mobile", "amp", "touch"})
HOST_ALIASES = {
    "bbc.co.uk": "bbc.com",
    "edition.cnn.com": "cnn.com",
    "mobile.twitter.com": "x.com",
    "np.reddit.com": "reddit.com",
    "old.reddit.com": "reddit.com",
    "twitter.com": "x.com",
    "youtube-nocookie.com": "youtube.com",
}
INDEX_FILES = frozenset(
    f"{name}.{kind}" for name in ("index", "default") for kind in ("html", "htm", "shtml", "php", "asp", "aspx", "jsp")
)

# host/path of a redirector that names its target in a parameter.
REDIRECTORS = {
    "bing.com/news/apiclick.aspx": ("url",),
    "duckduckgo.com/l": ("uddg",),
    "getpocket.com/redirect": ("url",),
    "google.com/url": ("url", "q"),
    "l.facebook.com/l.php": ("u",),
    "l.instagram.com": ("u",),
    "linkedin.com/redir/redirect": ("url",),
    "lm.facebook.com/l.php": ("u",),
    "news.yandex.ru/yandsearch": ("cl4url",),
    "out.reddit.com": ("url",),
    "retriever-info.com/go": ("u",),
    "slack-redir.net/link": ("url",),
    "steamcommunity.com/linkfilter": ("u", "url"),
    "t.umblr.com/redirect": ("z",),
    "vk.com/away.php": ("to",),
    "youtube.com/redirect": ("q",),
}
# Hosts that show AMP copies: what stands before the page's own host in the path.
AMP_CACHES = {
    "bing-amp.com": ("c", "v", "s"),
    "cdn.ampproject.org": ("c", "v", "s"),
    "google.com": ("amp", "s"),
}
