"""`aggregator search`: full-text search over what is stored, in the language of `match`."""

import json
from argparse import Namespace

from aggregator.commands.opening import must_exist
from aggregator.commands.terminal import table
from aggregator.config.load import load
from aggregator.curation.rules import RuleError, parse
from aggregator.errors import ArgumentError
from aggregator.pipeline.search import search
from aggregator.storage.database import open_reader


def run(options: Namespace) -> int:
    """Print the newest items that match."""
    config = load(options.config)
    try:
        rule = parse(" ".join(options.query))
    except RuleError as error:
        raise ArgumentError(f"the query cannot be read: {error.message}") from None
    must_exist(config)
    found = search(open_reader(config.site.database), config, rule, max(1, options.limit))
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    if found:
        rows = [(str(hit["id"]), hit["published"][:10], hit["source"], hit["title"], hit["url"]) for hit in found]
        table(("item", "published", "source", "title", "link"), rows, numbers=(0,))
    else:
        print("nothing found")
    return 0
