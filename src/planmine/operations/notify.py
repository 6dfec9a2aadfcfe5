"""Messages to people, by whatever Apprise knows: mail, webhooks, WeCom, DingTalk, Feishu, Slack and others."""

from __future__ import annotations

import logging
from collections.abc import Sequence

log = logging.getLogger("planmine.notify")


def send(addresses: Sequence[str], title: str, text: str) -> bool:
    """Send a message to each Apprise address; whether all took it. A message that fails stops nothing: it is
    logged, without the address, which may hold a password."""
    if not addresses:
        return True
    try:
        import apprise
    except ImportError:
        log.error("no message sent", extra={"reason": "apprise is missing: pip install planmine[sources]"})
        return False
    target = apprise.Apprise()
    known = [bool(target.add(address)) for address in addresses]
    sent = bool(target.notify(body=text, title=title)) if any(known) else False
    if not (sent and all(known)):
        log.error("a message was not sent", extra={"title": title, "addresses": len(addresses)})
    return sent and all(known)
