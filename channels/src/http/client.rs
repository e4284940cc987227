//! One call over HTTP: what was written, what came back.

use super::retry_after;
use super::watch::{Watch, Wrote};
use crate::{Reason, broken, failpoint};
use rulec_plan::time::Instant;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use std::fmt;
use std::io::Read;
use std::time::Duration;
use ureq::http::{self, HeaderMap, Method, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, AsSendBody, Error, Timeout};

/// How many bytes of an answer are read, whatever is answered to. What is longer is no answer.
const MOST_OF_ANSWER: u64 = 256 * 1024;
/// How many more are read for each message that is answered to.
const MOST_OF_RESULT: u64 = 4 * 1024;
/// How many bytes an address may have: no server takes more.
const LONGEST: usize = 16 * 1024;
/// What part of the time must be left when a request begins to be written: whoever has no time to hear the answer leaves the
/// messages in doubt.
const LEAST: u32 = 4;
/// How long a connection may rest and still be used. Servers close theirs after five seconds or more, and a request that
/// is written while they do is in doubt.
const REST: Duration = Duration::from_secs(3);

/// What is asked. Holds addresses and secrets, so it is not shown.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Not sent with `GET`.
    pub(crate) body: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Not before so long, as the other side wishes.
    pub(crate) after: Option<Duration>,
    /// Whether it has `Retry-After`, be it for no time: a server says so that knows that it did nothing.
    pub(crate) asks_to_wait: bool,
    /// None if it broke off, or was too long to be an answer.
    pub(crate) body: Option<String>,
}

impl Answer {
    /// The body as JSON, if it is that.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }

    /// What the other side says, for a reason.
    pub(crate) fn said(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// That no answer came.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request has an address that no server reads; nothing of it was written.
    TooLong(Reason),
    /// The request cannot be put into words of HTTP, as addresses, headers or secrets of the settings are none.
    Unfit(Reason),
    /// The other side has no certificate by which it could be trusted; nothing of it was written.
    Untrusted(Reason),
    /// Nothing of it was written.
    Unsent(Reason),
    /// It may have arrived.
    Unknown(Reason),
}

/// Calls, keeping connections open between calls. Follows no redirects, uses no proxy, tries nothing twice.
pub(crate) struct Client {
    agent: Agent,
    wrote: Wrote,
    timeout: Duration,
    /// By when all calls for the messages at hand must have ended.
    end: Option<std::time::Instant>,
    /// How many bytes an answer may have.
    most: u64,
}

impl Client {
    /// `timeout`: for all calls of one handing over, from the look-up of a name to the last byte of the last answer.
    /// `authorities`: whom alone it trusts; none: those whom browsers trust.
    pub(crate) fn new(timeout: Duration, authorities: Option<&[CertificateDer<'static>]>) -> Client {
        let roots = authorities.map_or(RootCerts::WebPki, |authorities| {
            authorities.iter().map(|authority| Certificate::from_der(authority).to_owned()).into()
        });
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_age(REST)
            .max_idle_connections_per_host(1)
            .user_agent(concat!("rulec/", env!("CARGO_PKG_VERSION")))
            .build();
        let wrote = Wrote::with_left(timeout / LEAST);
        let connector = DefaultConnector::new().chain(Watch(wrote.clone()));
        let agent = Agent::with_parts(config, connector, DefaultResolver::default());
        Client { agent, wrote, timeout, end: None, most: MOST_OF_ANSWER }
    }

    /// So many messages are handed over from now on.
    pub(crate) fn begin(&mut self, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.most = MOST_OF_ANSWER.saturating_add(messages.saturating_mul(MOST_OF_RESULT));
        self.end = std::time::Instant::now().checked_add(self.timeout);
    }

    /// Asks once. `now` dates an answer that does not date itself.
    pub(crate) fn call(&self, request: &Request, now: Instant) -> Result<Answer, Failure> {
        if request.url.len() > LONGEST {
            return Err(Failure::TooLong(Reason::new("too long", "the address would be too long", &[])));
        }
        let built = build(request).map_err(|_| unfit())?;
        let left =
            self.end.map_or(self.timeout, |end| end.saturating_duration_since(std::time::Instant::now()));
        // No time is what the client would take for all time.
        if left.is_zero() {
            return Err(unsent(&Error::Timeout(Timeout::Global)));
        }
        self.wrote.reset();
        failpoint::reach("http-ready").map_err(|error| unsent(&error.into()))?;
        let answer = match request.method {
            Method::GET => self.run(built.map(drop), left),
            _ => self.run(built, left),
        };
        failpoint::reach("http-answered").map_err(|error| Failure::Unknown(unknown(&error.into())))?;
        match answer {
            Ok(answer) => Ok(read(answer, self.most, now)),
            Err(error) if self.wrote.anything() => Err(Failure::Unknown(unknown(&error))),
            Err(error) => Err(unsent(&error)),
        }
    }
}

impl Client {
    fn run(
        &self,
        request: http::Request<impl AsSendBody>,
        left: Duration,
    ) -> Result<http::Response<ureq::Body>, Error> {
        let request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        self.agent.run(request)
    }
}

fn build(request: &Request) -> Result<http::Request<Vec<u8>>, http::Error> {
    let mut builder = http::Request::builder().method(&request.method).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value.as_bytes());
    }
    builder.body(request.body.clone().into_bytes())
}

fn read(answer: http::Response<ureq::Body>, most: u64, now: Instant) -> Answer {
    let (parts, body) = answer.into_parts();
    let field = |name| text(&parts.headers, name);
    let after =
        field(header::RETRY_AFTER).and_then(|after| retry_after::read(after, field(header::DATE), now));
    let mut bytes = Vec::new();
    let whole = body.into_reader().take(most.saturating_add(1)).read_to_end(&mut bytes);
    let fits = whole.is_ok_and(|length| length as u64 <= most);
    let body = fits.then(|| String::from_utf8_lossy(&bytes).into_owned());
    let asks_to_wait = parts.headers.contains_key(header::RETRY_AFTER);
    Answer { status: parts.status.as_u16(), after, asks_to_wait, body }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// What `http` says about it may repeat the address, so it is not passed on.
fn unfit() -> Failure {
    Failure::Unfit(Reason::new("bad request", "address or headers cannot be written", &[]))
}

/// Why nothing was written. An error that repeats the address is not passed on.
fn unsent(error: &Error) -> Failure {
    // What fails in the handshake comes through the connection below.
    let tls = match error {
        Error::Rustls(error) => Some(error),
        Error::Io(error) => broken::of_tls(error),
        _ => None,
    };
    if let Some(error) = tls {
        let reason = Reason::new("tls", broken::tls(error), &[]);
        return if broken::is_untrusted(error) {
            Failure::Untrusted(reason)
        } else {
            Failure::Unsent(reason)
        };
    }
    Failure::Unsent(match error {
        Error::HostNotFound => Reason::new("dns", "no such host", &[]),
        Error::Timeout(_) => Reason::new("timeout", "no connection in time", &[]),
        Error::Tls(_) => Reason::new("tls", "the connection could not be encrypted", &[]),
        Error::Io(error) if broken::is_look_up(error) => Reason::new("dns", "no such host", &[]),
        Error::Io(error) => Reason::new("connect", &broken::connection(error), &[]),
        Error::BadUri(_) | Error::Http(_) | Error::Protocol(_) => return unfit(),
        _ => Reason::new("connect", "no connection", &[]),
    })
}

/// Why no answer came to what was written.
fn unknown(error: &Error) -> Reason {
    match error {
        Error::Timeout(_) => Reason::new("timeout", "no answer in time", &[]),
        Error::Io(error) => Reason::new("cut", &broken::connection(error), &[]),
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            Reason::new("garbage", "the answer is not HTTP", &[])
        }
        _ => Reason::new("cut", "no answer", &[]),
    }
}
