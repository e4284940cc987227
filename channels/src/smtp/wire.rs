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
        let addresses = resolve(host, port, deadline)?;
        let tcp = first(&addresses, deadline, TcpStream::connect_timeout)?;
        tcp.set_nodelay(true)?;
        Ok(Wire { stream: Stream::Plain(Socket { tcp, deadline }), unread: Vec::new() })
    }

    /// The same connection encrypted from here on, by a server that proves to be this host. What it said in clear and was
    /// not read may have been put there by somebody else, so then it is not trusted.
    pub(super) fn encrypted(self, host: &str, config: &Arc<ClientConfig>) -> io::Result<Wire> {
        let Stream::Plain(mut socket) = self.stream else {
            return Ok(self);
        };
        if !self.unread.is_empty() {
            return Err(unasked());
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "the host is no name for a certificate")
        })?;
        let mut connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).map_err(timed_out)?;
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
        Ok(self.socket().tcp.local_addr()?.ip())
    }

    /// Whether the server has said nothing but what it was asked for. What it says unasked would be taken for its answer to
    /// what comes next, so a connection on which it does is of no use.
    pub(super) fn silent(&mut self) -> io::Result<()> {
        if self.unread.is_empty() && self.arrived()? == 0 { Ok(()) } else { Err(unasked()) }
    }

    /// How much has come without waiting for it.
    fn arrived(&mut self) -> io::Result<usize> {
        self.socket().tcp.set_nonblocking(true)?;
        let read = self.stream.reader().read(&mut [0; LINE]);
        self.socket().tcp.set_nonblocking(false)?;
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    fn socket(&self) -> &Socket {
        match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    /// Writes all of it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream: &mut dyn Write = match &mut self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream,
        };
        stream.write_all(bytes).map_err(timed_out)?;
        stream.flush().map_err(timed_out)
    }

    /// Whether at least this much of the time is left.
    pub(super) fn has_left(&self, least: Duration) -> io::Result<()> {
        let enough = left(self.socket().deadline)? >= least;
        enough.then_some(()).ok_or_else(|| io::ErrorKind::TimedOut.into())
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
            match self.stream.reader().read(&mut bytes).map_err(timed_out)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.unread.extend(&bytes[..count]),
            }
        }
    }
}

impl Stream {
    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream,
        }
    }
}

/// That the server says something that nobody asked for.
fn unasked() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the server spoke before it was asked")
}

/// So systems call a time-out of a socket.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// What connecting to the first of the addresses that takes it gives. Each gets its share of the time that is left, so that one
/// from which nothing ever comes leaves some for the others.
fn first<T>(
    addresses: &[SocketAddr],
    deadline: Instant,
    connect: impl Fn(&SocketAddr, Duration) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for (address, remaining) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let share = left(deadline)?.div_f64(remaining as f64);
        match connect(address, share.max(Duration::from_millis(1))) {
            Ok(connected) => return Ok(connected),
            Err(error) => last = error,
        }
    }
    Err(last)
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
        act(&self.tcp)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn an_address_from_which_nothing_comes_leaves_time_for_the_next() {
        let addresses = ["192.0.2.1:25", "192.0.2.2:25", "192.0.2.3:25"].map(|text| text.parse().unwrap());
        let deadline = Instant::now() + Duration::from_millis(600);
        let last = addresses[2];
        let connected = first(&addresses, deadline, |address, share| {
            if *address == last {
                return Ok(share);
            }
            std::thread::sleep(share);
            Err(io::ErrorKind::TimedOut.into())
        });
        assert!(connected.unwrap() >= Duration::from_millis(100));
        assert!(first(&[], deadline, |_, _| Ok(())).is_err());
    }
}
