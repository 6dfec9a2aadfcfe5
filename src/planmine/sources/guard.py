"""Connections to public addresses only: server-side request forgery is refused where a socket is opened.

Checking a name before the request is not enough, since it may resolve to another address a moment later (DNS
rebinding). Here a name is resolved once, every address it gives is checked, and the connection goes to one of
those. A request has a deadline, too, that is kept where bytes are read: limits of a single read would let a server
that sends a byte now and then, of its headers even, hold a pass for days.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
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


class Deadline(threading.local):
    """When the request that this thread is making must be over, by the monotonic clock."""

    seconds, until = 0.0, float("inf")

    def begin(self, seconds: float) -> None:
        self.seconds, self.until = seconds, time.monotonic() + seconds

    def cut(self, timeout: float | None) -> float:
        """A timeout that ends no later. Raises ReadTimeout where the deadline has passed."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"not sent within {self.seconds:.0f} seconds")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._stream.read(max_bytes, self._deadline.cut(timeout))
        except httpcore.ReadTimeout:
            self._deadline.cut(None)  # raises, and says so, where it was the deadline
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _Stream(inner, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def __init__(self, allow: Collection[str], deadline: Deadline) -> None:
        self._allow, self._deadline = allow, deadline

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
        stream = super().connect_tcp(
            addresses[0], port, self._deadline.cut(timeout), local_address, socket_options
        )
        return _Stream(stream, self._deadline)

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise ForbiddenAddressError("a socket file")


def client(
    user_agent: str, allow: Collection[str], timeout: httpx.Timeout, deadline: Deadline
) -> httpx.Client:
    """An httpx client that connects to public addresses and to the hosts of ``allow``, follows no redirect and
    takes no proxy from the environment (behind one, nobody here sees the address)."""
    transport = httpx.HTTPTransport()
    transport._pool = httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=20,
        keepalive_expiry=5.0,
        network_backend=_Backend(allow, deadline),
    )
    headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip"}
    return httpx.Client(
        transport=transport, headers=headers, timeout=timeout, trust_env=False, follow_redirects=False
    )
