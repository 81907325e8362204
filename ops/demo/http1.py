# ops/demo/http1.py -- one HTTP/1.1 request over one connection; all the demonstration needs.
import asyncio
import json


async def request(host, port, method, target, headers=(), body=b"", timeout=3.0):
    """Returns (status, headers by lower-case name, body); OSError when there is no answer."""
    try:
        return await asyncio.wait_for(_request(host, port, method, target, headers, body), timeout)
    except (asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        raise OSError(f"http://{host}:{port}{target}: {error or 'no answer in time'}") from error


async def _request(host, port, method, target, headers, body):
    reader, writer = await asyncio.open_connection(host, port)
    try:
        lines = [f"{method} {target} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        if not any(name.lower() == "host" for name, _ in headers):
            lines.append(f"Host: {host}:{port}")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join(lines + ["", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {}
        for line in head[1:]:
            name, colon, value = line.partition(":")
            if colon:
                fields[name.lower()] = value.strip()
        answer = b""
        if method != "HEAD":
            length = fields.get("content-length")
            answer = await (reader.read() if length is None else reader.readexactly(int(length)))
        return int(head[0].split(" ")[1]), fields, answer
    finally:
        writer.close()


async def admin(address, token, method, target, value=None):
    """Asks the admin API. Returns (status, decoded JSON or text)."""
    host, _, port = address.rpartition(":")
    headers = [("Authorization", f"Bearer {token}")]
    body = b""
    if value is not None:
        headers.append(("Content-Type", "application/json"))
        body = json.dumps(value).encode()
    status, fields, answer = await request(host, int(port), method, target, headers, body)
    if fields.get("content-type", "").startswith("application/json"):
        return status, json.loads(answer)
    return status, answer.decode(errors="replace")
