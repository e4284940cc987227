//! A small shop that sends in many ways, and those who receive.

use crate::shop::Shop;
use rulec_tests::random::Rng;
use rulec_tests::servers::kannel::{self, Kannel};
use rulec_tests::servers::mail::{self, Does, Fault, Mail, Step};
use rulec_tests::servers::receiver::{Behaviour, Fate, Receiver, Request, Settings};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A way to send: a channel, and who is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A web hook that takes each key once.
    Hook,
    /// The same with several messages a call.
    Hooks,
    /// A web hook that knows no keys.
    Once,
    /// The same with several messages a call.
    Onces,
    /// JSON lines.
    Lines,
    /// CSV.
    Rows,
    /// Workbooks.
    Books,
    /// A mail server.
    Mail,
    /// An SMS gateway.
    Sms,
}

impl Way {
    const ALL: [Way; 8] =
        [Way::Hook, Way::Hooks, Way::Once, Way::Onces, Way::Lines, Way::Rows, Way::Books, Way::Mail];

    pub fn channel(self) -> &'static str {
        match self {
            Way::Hook => "hook",
            Way::Hooks => "hooks",
            Way::Once => "once",
            Way::Onces => "onces",
            Way::Lines => "lines",
            Way::Rows => "rows",
            Way::Books => "books",
            Way::Mail => "mail",
            Way::Sms => "sms",
        }
    }

    pub fn is_hook(self) -> bool {
        matches!(self, Way::Hook | Way::Hooks | Way::Once | Way::Onces)
    }

    /// Whether who is behind it takes each message once, however often it is handed over.
    pub fn honours_keys(self) -> bool {
        !matches!(self, Way::Once | Way::Onces | Way::Mail | Way::Sms)
    }
}

/// Servers that many schedules share. Messages tell by their addresses of which schedule they are.
pub struct Servers {
    pub mail: Mail,
    kannel: OnceLock<Kannel>,
}

impl Servers {
    pub fn start() -> Servers {
        let fault = |at, does, class| Fault::always(at, does).of(class);
        let faults = vec![
            fault(Step::Rcpt, Does::Reply("550 5.1.1 no such user".into()), "gone."),
            fault(Step::Dot, Does::Cut, "keeps.").but_keeps(),
            fault(Step::Dot, Does::Cut, "loses."),
            fault(Step::Dot, Does::Delay(30), "slow."),
        ];
        let mail = Mail::start(&mail::Settings { faults, ..mail::Settings::default() });
        Servers { mail, kannel: OnceLock::new() }
    }

    pub fn kannel(&self) -> &Kannel {
        self.kannel.get_or_init(|| Kannel::start(&kannel::Settings::default()))
    }
}

/// What mail addresses begin with; the server does accordingly.
const MAILBOXES: [&str; 8] = ["ok", "ok", "ok", "ok", "gone", "keeps", "loses", "slow"];

/// A shop of a schedule, and what is behind its channels.
pub struct Ground<'s> {
    pub seed: u64,
    pub shop: Shop,
    pub servers: &'s Servers,
    pub ways: Vec<Way>,
    pub customers: usize,
    /// How many codes there are for the first way.
    pub codes: usize,
    hooks: BTreeMap<Way, Receiver>,
    calm: Arc<AtomicBool>,
}

impl Ground<'_> {
    /// The one of this seed.
    pub fn new<'s>(seed: u64, rng: &mut Rng, servers: &'s Servers) -> Ground<'s> {
        let calm = Arc::new(AtomicBool::new(false));
        let trouble = rng.pick(&[0, 10, 30, 60]);
        let mut ways = Way::ALL.to_vec();
        rng.shuffle(&mut ways);
        ways.truncate(1 + rng.below(4));
        if seed % 10 == 3 {
            ways.push(Way::Sms);
        }
        let receiver = |way: Way| {
            let (calm, seed) = (Arc::clone(&calm), seed ^ way as u64);
            let settings = Settings {
                honours_keys: way.honours_keys(),
                keys: Box::new(keys),
                script: Box::new(move |request| misbehave(request, &calm, (seed, trouble))),
                keeps: false,
                ..Settings::default()
            };
            (way, Receiver::start(settings))
        };
        let hooks = ways.iter().filter(|way| way.is_hook()).map(|way| receiver(*way)).collect();
        let customers = 5 + rng.below(30);
        let codes = if rng.chance(50) { 3 * customers } else { 1 + rng.below(customers) };
        let shop = Shop::empty(&format!("schedule-{seed}"));
        let ground = Ground { seed, shop, servers, ways, customers, codes, hooks, calm };
        ground.write(rng);
        ground
    }

    /// Whether everybody behaves from now on.
    pub fn is_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::SeqCst);
    }

    fn write(&self, rng: &mut Rng) {
        self.shop.write("rulec.toml", self.project(rng));
        let codes: Vec<String> = (0..self.codes).map(|number| format!("CODE{number:04}")).collect();
        self.shop.write("codes.csv", codes.join("\n"));
        self.shop.write("rules/a.rules", self.rules());
        let mut rows = String::new();
        for customer in 0..self.customers {
            let (seed, mailbox) = (self.seed, rng.pick(&MAILBOXES));
            let phone = phone(seed, customer);
            write!(rows, "({customer}, '{phone}', '{mailbox}.{customer}.{seed}@x.cn', 1),").unwrap();
        }
        let rows = rows.trim_end_matches(',');
        self.shop.database(&format!(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, phone TEXT, email TEXT, agrees INTEGER);
             INSERT INTO customers VALUES {rows}"
        ));
    }

    fn rules(&self) -> String {
        let send = |way: &Way| format!("send {} \"hello\"", way.channel());
        let [first, others @ ..] = &self.ways[..] else { unreachable!("there is one way at least") };
        let mut actions = vec![format!("{} coupon 10/50 from spring ttl 3650d", send(first))];
        actions.extend(others.iter().map(send));
        actions.push("tag \"greeted\"".to_owned());
        let (limited, actions) = (first.channel(), actions.join(", "));
        format!(
            "pool spring from \"codes.csv\"\nlimit {limited} 1 per 30d\n\
             rule greet {{\n  when id >= 0\n  then {actions}\n  again every 1d\n}}\n"
        )
    }

    fn project(&self, rng: &mut Rng) -> String {
        let mut text = PROJECT.to_owned();
        for way in &self.ways {
            let channel = way.channel();
            let settings = match way {
                Way::Hook => hook(&self.hooks[way], "idempotent = true"),
                Way::Hooks => hook(&self.hooks[way], "idempotent = true\nbatch = 4"),
                Way::Once => hook(&self.hooks[way], ""),
                Way::Onces => hook(&self.hooks[way], "batch = 4"),
                Way::Lines => "kind = \"file\"\naddress = \"phone\"".to_owned(),
                Way::Rows => "kind = \"file\"\naddress = \"phone\"\nformat = \"csv\"".to_owned(),
                Way::Books => "kind = \"file\"\naddress = \"phone\"\nformat = \"xlsx\"".to_owned(),
                Way::Mail => self.mail(),
                Way::Sms => self.sms(),
            };
            let rate = rng.pick(&["", "", "", "rate = \"100/s\""]);
            write!(text, "\n[channels.{channel}]\n{settings}\n{rate}\n").unwrap();
        }
        text.push_str("\n[consent]\n");
        for way in &self.ways {
            writeln!(text, "{} = \"agrees\"", way.channel()).unwrap();
        }
        text
    }

    fn mail(&self) -> String {
        let port = self.servers.mail.address().port();
        format!(
            "kind = \"smtp\"\naddress = \"email\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             from = \"shop@x.cn\"\nsubject = \"hello\"\ntimeout = \"5s\""
        )
    }

    fn sms(&self) -> String {
        let (url, user) = (self.servers.kannel().url(), Kannel::USER);
        self.shop.write("kannel", Kannel::PASSWORD);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(self.shop.path("kannel"), private).unwrap();
        }
        format!(
            "kind = \"webhook\"\nprofile = \"kannel\"\naddress = \"phone\"\nurl = \"{url}\"\nusername = \"{user}\"\n\
             password_file = \"kannel\"\nfrom = \"10690000\""
        )
    }

    /// How often each message reached its customer: by channel and key, or address where keys do not get through.
    pub fn delivered(&self, way: Way) -> BTreeMap<String, u64> {
        match way {
            Way::Hook | Way::Hooks | Way::Once | Way::Onces => self.hooks[&way].delivered(),
            Way::Lines => count(self.lines("lines")),
            Way::Rows => count(self.rows()),
            Way::Books => count(self.books()),
            Way::Mail => count(self.letters()),
            Way::Sms => count(self.texts()),
        }
    }

    /// Keys in a file of JSON lines.
    pub fn lines(&self, channel: &str) -> Vec<String> {
        let path = self.shop.path(&format!(".rulec/outbox/{channel}.jsonl"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let key = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["key"].as_str().unwrap().to_owned()
        };
        text.lines().map(key).collect()
    }

    fn rows(&self) -> Vec<String> {
        let text = std::fs::read(self.shop.path(".rulec/outbox/rows.csv")).unwrap_or_default();
        let mut reader = csv::Reader::from_reader(&text[..]);
        reader.records().map(|row| row.unwrap().iter().next_back().unwrap().to_owned()).collect()
    }

    fn books(&self) -> Vec<String> {
        use calamine::Reader;
        let Ok(folder) = std::fs::read_dir(self.shop.path(".rulec/outbox")) else { return Vec::new() };
        let mut keys = Vec::new();
        for entry in folder {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            if name.starts_with('.') || !name.ends_with(".xlsx") {
                continue;
            }
            let mut book = calamine::open_workbook::<calamine::Xlsx<_>, _>(&path).unwrap();
            let sheet = book.worksheet_range_at(0).unwrap().unwrap();
            keys.extend(sheet.rows().skip(1).map(|row| row.last().unwrap().to_string()));
        }
        keys
    }

    fn letters(&self) -> Vec<String> {
        let ours = format!(".{}@x.cn", self.seed);
        let letters = self.servers.mail.letters();
        let ours = letters.iter().filter(|letter| letter.to.iter().any(|to| to.ends_with(&ours)));
        let key = |id: &str| id.trim_matches(['<', '>']).split('@').next().unwrap().to_owned();
        ours.map(|letter| key(letter.header("message-id").unwrap())).collect()
    }

    /// Numbers instead of keys: those are nowhere in a text message.
    fn texts(&self) -> Vec<String> {
        let texts = self.servers.kannel().texts();
        let ours = &phone(self.seed, 0)[..8];
        texts.into_iter().map(|text| text.to).filter(|to| to.starts_with(ours)).collect()
    }

    /// Waits until the SMS centre has printed as many texts as the gateway took.
    pub fn wait_for_texts(&self, many: usize) {
        let since = std::time::Instant::now();
        while self.texts().len() < many && since.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub fn phone(seed: u64, customer: usize) -> String {
    format!("139{:05}{customer:03}", seed % 100_000)
}

const PROJECT: &str = r#"
[project]
name = "faults"
timezone = "Asia/Shanghai"
currency = "CNY"
rules = ["rules/**/*.rules"]

[database]
url = "sqlite:shop.db"

[customer]
table = "customers"
key = "id"
[customer.facts]
id = { type = "number" }
phone = { type = "text", personal = true }
email = { type = "text", personal = true }
agrees = { type = "bool" }
"#;

fn hook(receiver: &Receiver, more: &str) -> String {
    let url = receiver.url("/messages");
    format!("kind = \"webhook\"\naddress = \"phone\"\nurl = \"{url}\"\ntimeout = \"5s\"\n{more}")
}

/// The keys of the messages of a request: of a line of the outbox, or of an array of those.
pub fn keys(request: &Request) -> Vec<String> {
    let of_one = |message: &serde_json::Value| message["key"].as_str().map(str::to_owned);
    match serde_json::from_slice(&request.body) {
        Ok(serde_json::Value::Array(messages)) => messages.iter().filter_map(of_one).collect(),
        Ok(message) => of_one(&message).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

/// What a receiver does in so many of a hundred cases, until it is calm: it refuses also what it took before.
fn misbehave(request: &Request, calm: &AtomicBool, (seed, percent): (u64, usize)) -> Behaviour {
    let mut rng = Rng::new(seed ^ request.number.wrapping_mul(0x2545_F491_4F6C_DD1D));
    if calm.load(Ordering::SeqCst) || request.earlier > 2 || !rng.chance(percent) {
        return Behaviour::taken();
    }
    if request.keys.len() > 1 && rng.chance(50) {
        return in_part(request, &mut rng);
    }
    Behaviour::trouble(rng.any())
}

/// Takes some messages of an array and others not, and says so in another order, or no more than half of it.
fn in_part(request: &Request, rng: &mut Rng) -> Behaviour {
    let mut fate = || match rng.below(8) {
        0 => Fate::Refused,
        1 => Fate::Later,
        2 => Fate::Unsaid,
        3 => Fate::Forgotten,
        _ => Fate::Taken,
    };
    let mut fates: Vec<_> = request.keys.iter().map(|key| (key.clone(), fate())).collect();
    rng.shuffle(&mut fates);
    let behaviour = Behaviour::results(rng.pick(&[200, 207, 422]), &fates);
    if rng.chance(20) { behaviour.half() } else { behaviour }
}

pub fn count(keys: Vec<String>) -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    for key in keys {
        *times.entry(key).or_default() += 1;
    }
    times
}
