//! A connection to a mail server: lines in, bytes out, all before a deadline.
//!
//! Reading and writing through a library's time-outs, each of which holds for one call of the system only, would let a
//! server that sends a byte now and then keep a sender for hours.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// The longest line that a server may send, with room to spare.
const LINE: usize = 4096;

/// A connection, encrypted or not.
pub(super) struct Wire {
    stream: Stream,
    /// What has come and was not read yet.
    unread: Vec<u8>,
}

enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Socket>>),
}

/// A socket whose every read and write ends at the deadline.
struct Socket {
    tcp: TcpStream,
    deadline: Instant,
}

impl Wire {
    /// Connects to the first of the host's addresses that takes it.
    pub(super) fn connect(host: &str, port: u16, deadline: Instant) -> io::Result<Wire> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in resolve(host, port, deadline)? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    return Ok(Wire { stream: Stream::Plain(Socket { tcp, deadline }), unread: Vec::new() });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The same connection encrypted from here on, by a server that proves to be this host. What it said in clear and was
    /// not read may have been put there by somebody else, so then it is not trusted.
    pub(super) fn encrypted(self, host: &str, config: &Arc<ClientConfig>) -> io::Result<Wire> {
        let Stream::Plain(mut socket) = self.stream else {
            return Ok(self);
        };
        if !self.unread.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the server spoke before it was asked"));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "the host is no name for a certificate")
        })?;
        let mut connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        let stream = Stream::Tls(Box::new(StreamOwned::new(connection, socket)));
        Ok(Wire { stream, unread: Vec::new() })
    }

    /// Until when all that follows must be done.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        match &mut self.stream {
            Stream::Plain(socket) => socket.deadline = deadline,
            Stream::Tls(stream) => stream.sock.deadline = deadline,
        }
    }

    /// Our end of it.
    pub(super) fn local_ip(&self) -> io::Result<IpAddr> {
        let socket = match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &stream.sock,
        };
        Ok(socket.tcp.local_addr()?.ip())
    }

    /// Writes all of it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream: &mut dyn Write = match &mut self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream,
        };
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<_> = self.unread.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.unread.len() > LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            let mut bytes = [0; LINE];
            let stream: &mut dyn Read = match &mut self.stream {
                Stream::Plain(socket) => socket,
                Stream::Tls(stream) => stream,
            };
            match stream.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.unread.extend(&bytes[..count]),
            }
        }
    }
}

/// How much time is left; an error if none is.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The host's addresses. The system's look-up knows no deadline, so it runs apart and is left alone when that has passed.
fn resolve(host: &str, port: u16, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    let (answer, answered) = mpsc::channel();
    let host = host.to_owned();
    std::thread::Builder::new().spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Nobody waits for it any more if this fails.
        drop(answer.send(addresses));
    })?;
    answered.recv_timeout(left(deadline)?).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

impl Socket {
    fn in_time<T>(
        &self,
        set: impl Fn(&TcpStream, Option<Duration>) -> io::Result<()>,
        act: impl FnOnce(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        set(&self.tcp, Some(left(self.deadline)?))?;
        act(&self.tcp).map_err(|error| match error.kind() {
            // So systems call a time-out of a socket.
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => error,
        })
    }
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.in_time(TcpStream::set_read_timeout, |mut tcp| tcp.read(bytes))
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.in_time(TcpStream::set_write_timeout, |mut tcp| tcp.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
