"""Sources: the pages where cities publish, looked at politely, and everything that was found kept.

``load_sources`` reads ``sources.yaml``; ``fetch_all`` looks at what is due, archives what is new or changed, and
leaves the plans in ``WORKSPACE/fetched``, a folder of sources like any other.
"""

from planmine.sources.collect import Change, fetch_all
from planmine.sources.config import Config, Source, SourcesError, load_sources
from planmine.sources.fetch import Answer, Fetcher, FetchError

__all__ = [
    "Answer",
    "Change",
    "Config",
    "FetchError",
    "Fetcher",
    "Source",
    "SourcesError",
    "fetch_all",
    "load_sources",
]
