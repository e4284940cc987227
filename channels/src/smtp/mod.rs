//! Mail servers.
//!
//! The parts of a mail come from a library; the conversation with the server is our own (`session`), because all depends on
//! knowing at which step it broke: only what happens from the end of the mail to the server's answer leaves in doubt
//! whether it was taken.

mod letter;
mod outcome;
mod reply;
#[cfg(test)]
mod server;
mod session;
#[cfg(test)]
mod tests;
mod text;
mod wire;

use crate::diagnostics::{self as says, Result};
use crate::http::Private;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::trust;
use crate::{Channel, Content, Delivery, Message, Reason, Sender, Terms};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use letter::Letterhead;
use lettre::Address;
use lettre::message::Mailbox;
use outcome::Failure;
use rulec_diagnostic::Text;
use rulec_plan::outlet;
use rulec_plan::project::Escape;
use rulec_plan::template::Template;
use rulec_plan::time::Clock;
use rustls::{ClientConfig, RootCertStore};
use session::{Allowed, Mail, Session};
use std::sync::Arc;
use std::time::Duration;

/// How long a server may take for a mail unless the project file says otherwise. Some look at a mail for long before they
/// take it, and one that is not waited for is in doubt.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How many connections there are at a time unless the project file says otherwise.
const CALLS: usize = 4;
/// Hosts that mail does not leave the machine for, so that it need not be encrypted.
const THIS_MACHINE: &[&str] = &["localhost", "127.0.0.1", "::1"];

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    /// After `STARTTLS`.
    Required,
    /// From the first byte.
    Implicit,
    None,
}

/// Whom mails are handed to.
struct Server {
    host: String,
    port: u16,
    tls: Tls,
    config: Arc<ClientConfig>,
    login: Option<Login>,
}

/// As whom we log in.
struct Login {
    user: Secret,
    password: Secret,
}

impl Login {
    /// Both, as `AUTH PLAIN` wants them.
    fn plain(&self) -> String {
        BASE64.encode(format!("\0{}\0{}", self.user.expose(), self.password.expose()))
    }
}

/// A channel of kind `smtp`.
struct SmtpChannel {
    server: Arc<Server>,
    letterhead: Arc<Letterhead>,
    timeout: Duration,
    terms: Terms,
    clock: Arc<dyn Clock>,
}

/// The channel that these settings describe.
pub(crate) fn open(settings: Settings<'_>, escape: Escape) -> Result<Box<dyn Channel>> {
    let timeout = settings.text("timeout").map_or(Ok(TIMEOUT), |_| settings.timeout())?;
    // One mail a call: whatever happens, no more than this one is in doubt.
    let calls = settings.count("calls")?.unwrap_or(CALLS);
    let terms = Terms { batch: 1, calls, honours_key: settings.flag("idempotent")? };
    Ok(Box::new(SmtpChannel {
        server: Arc::new(server(settings)?),
        letterhead: Arc::new(letterhead(settings, escape)?),
        timeout,
        terms,
        clock: Arc::clone(&settings.outside.clock),
    }))
}

fn server(settings: Settings<'_>) -> Result<Server> {
    let host = settings.required("host")?;
    let written = port(settings)?;
    let tls = match settings.text("tls") {
        Some("required") => Tls::Required,
        Some("implicit") => Tls::Implicit,
        Some("none") => Tls::None,
        None if written == Some(465) => Tls::Implicit,
        None if THIS_MACHINE.contains(&host) => Tls::None,
        None => Tls::Required,
        Some(_) => {
            let expected = Text::same("`required`, `implicit`, `none`");
            return Err(settings.wrong("tls", &expected));
        }
    };
    let usual = match tls {
        Tls::Implicit => 465,
        Tls::Required => 587,
        Tls::None => 25,
    };
    let login = login(settings)?;
    if login.is_some() && tls == Tls::None && !outlet::is_local(host) {
        let expected = Text::new(
            "`required` or `implicit` where there is a password",
            "`required` 或 `implicit`，因为设置了密码",
        );
        return Err(settings.wrong("tls", &expected));
    }
    let config = Arc::new(encryption(settings)?);
    Ok(Server { host: host.to_owned(), port: written.unwrap_or(usual), tls, config, login })
}

fn port(settings: Settings<'_>) -> Result<Option<u16>> {
    let Some(text) = settings.text("port") else { return Ok(None) };
    let expected = Text::new("a port from 1 to 65535", "1 到 65535 之间的端口");
    match text.parse() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(settings.wrong("port", &expected)),
    }
}

fn login(settings: Settings<'_>) -> Result<Option<Login>> {
    match (settings.secret("user")?, settings.secret("password")?) {
        (Some(user), Some(password)) => Ok(Some(Login { user, password })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(says::missing_setting(settings.channel, "password_env")),
        (None, Some(_)) => Err(says::missing_setting(settings.channel, "user_env")),
    }
}

/// Whom we trust.
fn roots(settings: Settings<'_>) -> Result<RootCertStore> {
    let Some(authorities) = trust::authorities(settings)? else {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    };
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority).map_err(|_| trust::unfit(settings))?;
    }
    Ok(roots)
}

fn encryption(settings: Settings<'_>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let expected = Text::new("one that TLS can be spoken with", "可用于 TLS 连接的设置");
    let builder = builder.map_err(|_| settings.wrong("tls", &expected))?;
    Ok(builder.with_root_certificates(roots(settings)?).with_no_client_auth())
}

fn letterhead(settings: Settings<'_>, escape: Escape) -> Result<Letterhead> {
    let subject = settings.required("subject")?;
    if subject.chars().any(char::is_control) {
        let expected = Text::new("one line of text", "一行文本");
        return Err(settings.wrong("subject", &expected));
    }
    let unsubscribe =
        settings.text("list_unsubscribe").map(|text| unsubscribe(settings, text)).transpose()?;
    Ok(Letterhead {
        from: mailbox(settings, "from", settings.required("from")?)?,
        reply_to: settings.text("reply_to").map(|text| mailbox(settings, "reply_to", text)).transpose()?,
        subject: subject.to_owned(),
        unsubscribe,
        escape,
    })
}

fn mailbox(settings: Settings<'_>, key: &str, text: &str) -> Result<Mailbox> {
    let read = text.parse::<Mailbox>().ok().filter(|mailbox| {
        let strict = letter::address(mailbox.email.as_ref());
        strict.is_some() && !text.chars().any(char::is_control)
    });
    let expected = Text::new(
        "a mail address, such as `Shop <news@shop.example>`",
        "邮箱地址，例如 `店名 <news@shop.example>`",
    );
    read.ok_or_else(|| settings.wrong(key, &expected))
}

fn unsubscribe(settings: Settings<'_>, text: &str) -> Result<Template> {
    let sound = (text.starts_with("https://") || text.starts_with("mailto:"))
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,".contains(&byte));
    let expected = Text::new(
        "an address in ASCII of `https://` or `mailto:`",
        "以 `https://` 或 `mailto:` 开头的 ASCII 地址",
    );
    let template = Template::parse(text).ok().filter(|_| sound);
    template.ok_or_else(|| settings.wrong("list_unsubscribe", &expected))
}

impl Channel for SmtpChannel {
    fn terms(&self) -> Terms {
        self.terms
    }

    fn sender(&self) -> Result<Box<dyn Sender>> {
        Ok(Box::new(SmtpSender {
            server: Arc::clone(&self.server),
            letterhead: Arc::clone(&self.letterhead),
            timeout: self.timeout,
            clock: Arc::clone(&self.clock),
            session: None,
        }))
    }
}

/// Hands over mails on a connection that it keeps.
struct SmtpSender {
    server: Arc<Server>,
    letterhead: Arc<Letterhead>,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    session: Option<Session>,
}

impl Sender for SmtpSender {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        messages.iter().map(|message| self.mail(message)).collect()
    }
}

impl SmtpSender {
    fn mail(&mut self, message: &Message) -> Delivery {
        let Some(content) = message.content().filter(|content| content.key == message.key) else {
            return Delivery::Refused(Reason::new("no message", "this is no message to a customer", &[]));
        };
        let Some(to) = letter::address(&content.to) else {
            return Delivery::Refused(Reason::new("no mail address", "", &[]));
        };
        let data = match self.letterhead.write(&content, &to, self.clock.now()) {
            Ok(data) => data,
            Err(reason) => return Delivery::Refused(reason),
        };
        let from = self.letterhead.from.email.to_string();
        let mail = Mail { from: &from, to: to.as_ref(), data: &data };
        match self.hand_over(&mail, &Allowed::from_now(self.timeout)) {
            Ok(()) => Delivery::Taken { id: None },
            Err(failure) => failure.delivery(&private(&content, &to, self.server.login.as_ref())),
        }
    }

    /// Hands it over, on a new connection if the old one turns out to be closed.
    fn hand_over(&mut self, mail: &Mail<'_>, time: &Allowed) -> std::result::Result<(), Failure> {
        if let Some(mut session) = self.session.take().filter(Session::is_sound) {
            let handed_over = session.hand_over(mail, time);
            if !matches!(&handed_over, Err(failure) if failure.is_stale()) {
                self.session = Some(session);
                return handed_over;
            }
        }
        let mut session = Session::open(&self.server, time.deadline)?;
        let handed_over = session.hand_over(mail, time);
        self.session = Some(session);
        handed_over
    }
}

/// What a server may repeat and no reason may.
fn private<'a>(content: &'a Content, to: &'a Address, login: Option<&'a Login>) -> Private<'a> {
    let private = Private::of(&[]).and(content).and_text(to.user());
    let Some(login) = login else { return private };
    let (user, password) = (login.user.expose(), login.password.expose());
    [login.plain(), BASE64.encode(user), BASE64.encode(password)]
        .into_iter()
        .fold(private.and_text(user).and_text(password), |private, text| private.and_text(text))
}
