//! Kannel, an SMS gateway: its bearerbox and smsbox, and behind them the fake message centre that comes with it.
//!
//! Taken from the machine where the packages are installed, else from Debian's packages, unpacked under the target folder.
//! A message goes by HTTP to the smsbox, then to the bearerbox, then to the fake centre, which prints what it got.

mod packages;
mod texts;

pub use texts::Text;

use super::process::{Process, at, becomes, free_ports};
use packages::Programs;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tempfile::TempDir;

/// How a gateway goes about messages.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The beginning of numbers that it refuses (answer 403).
    pub refuses: Option<String>,
}

/// A running gateway.
pub struct Kannel {
    centre: Option<Process>, // each ends before what it is connected to
    smsbox: Process,
    _bearerbox: Process,
    programs: Programs,
    ports: Ports,
    earlier: String,
    folder: TempDir,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    admin: u16,
    boxes: u16,
    centre: u16,
    sendsms: u16,
}

impl Kannel {
    /// The user who may send.
    pub const USER: &str = "tester";
    /// The password of [`Kannel::USER`].
    pub const PASSWORD: &str = "let me in";

    /// Installs it where it is not yet, and starts it on free ports.
    ///
    /// # Panics
    /// Where the packages are neither installed nor can be had, or it does not start.
    pub fn start(settings: &Settings) -> Kannel {
        let programs = Programs::find();
        let mut why = String::new();
        // Between finding a free port and using it, somebody else may take it.
        for _ in 0..3 {
            match Kannel::try_start(settings, &programs) {
                Ok(kannel) => return kannel,
                Err(printed) => why = printed,
            }
        }
        panic!("kannel does not start; {why}");
    }

    fn try_start(settings: &Settings, programs: &Programs) -> Result<Kannel, String> {
        let [admin, boxes, centre, sendsms] = free_ports();
        let ports = Ports { admin, boxes, centre, sendsms };
        let folder = TempDir::new().expect("there is room for temporary files");
        let file = folder.path().join("kannel.conf");
        fs::write(&file, configuration(settings, ports)).expect("there is room for one more");
        let mut bearerbox = programs.run(&programs.bearerbox, &[&file], &folder.path().join("bearerbox.log"));
        bearerbox.until(|_| status(ports))?;
        let mut smsbox = programs.run(&programs.smsbox, &[&file], &folder.path().join("smsbox.log"));
        smsbox.until(|_| TcpStream::connect(at(sendsms)).ok())?;
        smsbox.until(|_| status(ports).filter(|text| text.contains("smsbox:")))?;
        let mut kannel = Kannel {
            centre: None,
            smsbox,
            _bearerbox: bearerbox,
            programs: programs.clone(),
            ports,
            earlier: String::new(),
            folder,
        };
        kannel.try_connect()?;
        Ok(kannel)
    }

    /// Where messages are handed over: the URL of `sendsms`, without parameters.
    pub fn url(&self) -> String {
        format!("http://{}/cgi-bin/sendsms", self.address())
    }

    /// Where that listens.
    pub fn address(&self) -> SocketAddr {
        at(self.ports.sendsms)
    }

    /// Stops the smsbox as a machine that is out of breath: it is connected to, but answers nothing.
    pub fn freeze(&self) {
        self.smsbox.signal("STOP");
    }

    /// Lets the smsbox go on: with what it was handed meanwhile, too.
    pub fn thaw(&self) {
        self.smsbox.signal("CONT");
    }

    /// Ends the message centre: what is handed over from now on waits in the gateway, which says so (`3: Queued`).
    pub fn disconnect(&mut self) {
        if let Some(centre) = self.centre.take() {
            self.earlier.push_str(&centre.printed());
        }
    }

    /// Starts the message centre again.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn connect(&mut self) {
        if self.centre.is_none() {
            self.try_connect()
                .unwrap_or_else(|printed| panic!("the message centre does not start; {printed}"));
        }
    }

    fn try_connect(&mut self) -> Result<(), String> {
        let port = self.ports.centre.to_string();
        let words = ["-H", "127.0.0.1", "-r", &port, "-v", "0", "-m", "0", "1 2 text none is sent from here"];
        let program = &self.programs.fakesmsc;
        let mut centre = self.programs.run(program, &words, &self.folder.path().join("fakesmsc.log"));
        centre.until(|_| status(self.ports).filter(|text| text.contains("(online ")))?;
        self.centre = Some(centre);
        Ok(())
    }

    /// The texts that arrived, in their order; one of several parts once its last part is there.
    pub fn texts(&self) -> Vec<Text> {
        let now = self.centre.as_ref().map(Process::printed).unwrap_or_default();
        texts::read(&format!("{}{now}", self.earlier))
    }

    /// Waits until so many texts arrived; whether that came true in time.
    pub fn wait_for(&self, texts: usize, at_most: Duration) -> bool {
        becomes(at_most, || self.texts().len() >= texts)
    }
}

/// The status page of the bearerbox, once there is one.
fn status(ports: Ports) -> Option<String> {
    let mut stream = TcpStream::connect(at(ports.admin)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(b"GET /status.txt HTTP/1.0\r\n\r\n").ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    page.contains("200 OK").then_some(page)
}

fn configuration(settings: &Settings, ports: Ports) -> String {
    let Ports { admin, boxes, centre, sendsms } = ports;
    let (user, password) = (Kannel::USER, Kannel::PASSWORD);
    let denied =
        settings.refuses.as_ref().map(|prefix| format!("denied-prefix = {prefix}\n")).unwrap_or_default();
    format!(
        "group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = nobody
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = centre
port = {centre}
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1
{denied}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
global-sender = 10690000

group = sendsms-user
username = {user}
password = {password}
concatenation = true
max-messages = 10
"
    )
}
