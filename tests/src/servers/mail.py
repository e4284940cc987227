"""A mail server that keeps what it takes as JSON lines, and fails at chosen steps. Its one argument is a JSON object; see
`Settings` and `Fault` in mail.rs. Prints the port at which it listens."""

import asyncio
import base64
import email
import email.policy
import functools
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

TOLD = json.loads(sys.argv[1])
fitted = [0] * len(TOLD["faults"])


def next_fault(step, text):
    """The first fault that holds at this step of a dialogue, where `text` is said."""
    for place, fault in enumerate(TOLD["faults"]):
        if fault["at"] != step or fault["of"] not in text:
            continue
        fitted[place] += 1
        before = fitted[place] - 1 - fault["skips"]
        if before >= 0 and (fault["times"] is None or before < fault["times"]):
            return fault
    return None


def part_of(part):
    if part.get_content_maintype() == "text":
        text = part.get_content()
    else:
        text = base64.b64encode(part.get_payload(decode=True) or b"").decode()
    return {"kind": part.get_content_type(), "text": text}


def keep(server, envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    login = server.session.auth_data
    letter = {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "user": login.login.decode() if login else None,
        "tls": server.transport.get_extra_info("sslcontext") is not None,
        "headers": [[name, str(value)] for name, value in message.items()],
        "parts": [part_of(part) for part in message.walk() if not part.is_multipart()],
        "raw": envelope.content.decode("utf-8", "replace"),
    }
    with open(TOLD["letters"], "a", encoding="utf-8") as letters:
        letters.write(json.dumps(letter) + "\n")


class Server(SMTP):
    """Asks before each step whether it fails."""

    async def push(self, status):
        await super().push(status)
        if isinstance(status, str) and status.startswith("421"):
            self.transport.close()

    async def undergo(self, does):
        """What the other side is told at a fault; nothing if all goes on."""
        if does == "cut":
            self.transport.abort()
            return "421 cut"
        if does == "silence":
            await asyncio.Event().wait()
        if "delay" in does:
            await asyncio.sleep(does["delay"] / 1000)
            return None
        return does["reply"]

    async def fails(self, step, text):
        """Whether the step failed; then the other side was told."""
        fault = next_fault(step, text)
        reply = fault and await self.undergo(fault["does"])
        if reply:
            await self.push(reply)
        return bool(reply)

    async def _handle_client(self):
        if await self.fails("CONNECT", ""):
            self.transport.close()
        else:
            await super()._handle_client()


def failing(command):
    """What the server does at a command, if that does not fail."""
    usual = getattr(SMTP, f"smtp_{command}")

    @functools.wraps(usual)
    async def step(server, argument):
        if not await server.fails(command, argument or ""):
            await usual(server, argument)

    return step


for name in ["EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT"]:
    setattr(Server, f"smtp_{name}", failing(name))


class Handler:
    """Keeps a message, unless that fails."""

    async def handle_DATA(self, server, session, envelope):
        text = " ".join(envelope.rcpt_tos) + "\n" + envelope.content.decode("utf-8", "replace")
        fault = next_fault("DOT", text)
        kept = fault is not None and fault["keeps"]
        if kept:
            keep(server, envelope)
        reply = fault and await server.undergo(fault["does"])
        if not reply and not kept:
            keep(server, envelope)
        return reply or "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = [data.login.decode(), data.password.decode()] == TOLD["login"]
    return AuthResult(success=right, handled=right, auth_data=data)


def server(loop, context):
    return Server(
        Handler(),
        hostname="localhost",
        loop=loop,
        enable_SMTPUTF8=True,
        tls_context=context if TOLD["tls"] == "starttls" else None,
        require_starttls=TOLD["tls"] == "starttls",
        auth_required=TOLD["login"] is not None,
        auth_require_tls=TOLD["tls"] == "starttls",
        authenticator=authenticate,
    )


async def main():
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TOLD["certificate"], TOLD["key"])
    implicit = context if TOLD["tls"] == "implicit" else None
    listening = await loop.create_server(lambda: server(loop, context), "127.0.0.1", 0, ssl=implicit)
    print(f"listening at {listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


asyncio.run(main())
