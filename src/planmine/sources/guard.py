"""Connections to public addresses only: server-side request forgery is refused where a socket is opened.

Checking a name before the request is not enough, since it may resolve to another address a moment later (DNS
rebinding). Here a name is resolved once, every address it gives is checked, and the connection goes to one of
those.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Collection, Iterable
from typing import Any

import httpcore
import httpx


class ForbiddenAddressError(Exception):
    """A host is, or resolves to, an address that is not public."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, those hidden inside IPv6 addresses included."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(one is not None and not is_public(str(one)) for one in inner):
            return False
        if ip.ipv4_mapped:
            return True
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class _Backend(httpcore.SyncBackend):
    def __init__(self, allow: Collection[str]) -> None:
        self._allow = allow

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        private = [address for address in addresses if not is_public(address)]
        if private and host not in self._allow:
            raise ForbiddenAddressError(f"{host} has the address {private[0]}, which is not public")
        if not addresses:
            raise httpcore.ConnectError(f"{host} has no address")
        return super().connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise ForbiddenAddressError("a socket file")


def client(user_agent: str, allow: Collection[str], timeout: httpx.Timeout) -> httpx.Client:
    """An httpx client that connects to public addresses and to the hosts of ``allow``, follows no redirect and
    takes no proxy from the environment (behind one, nobody here sees the address)."""
    transport = httpx.HTTPTransport()
    transport._pool = httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=20,
        keepalive_expiry=5.0,
        network_backend=_Backend(allow),
    )
    headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip"}
    return httpx.Client(
        transport=transport, headers=headers, timeout=timeout, trust_env=False, follow_redirects=False
    )
