//! A small shop in a directory of its own, and the program run in it.

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The day after which nothing of the shop happens. It is past, whatever the clock says: plans of days to come cannot be
/// applied.
pub const AS_OF: &str = "2024-11-21";

const PROJECT: &str = r#"
[project]
name = "winback"
timezone = "Asia/Shanghai"
currency = "CNY"
rules = ["rules/**/*.rules"]

[database]
url = "sqlite:shop.db"

[customer]
table = "customers"
key = "id"
[customer.facts]
name = { type = "text", personal = true }
phone = { type = "text", personal = true }
city = { type = "text" }
consent_sms = { type = "bool" }

[events.orders]
table = "orders"
customer = "customer_id"
time = { column = "ordered_at", format = "iso" }
[events.orders.facts]
amount = { column = "amount_cents", type = "money", unit = "cent" }

[consent]
sms = "consent_sms"

[channels.sms]
address = "phone"
price = 0.045
"#;

pub const RULE: &str = "when dormant > 60d and monetary > 500 then send sms \"【店】回来看看，拒收请回复R\" coupon 150/500 ttl 15d\n";

const TABLES: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, city TEXT, consent_sms INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, ordered_at TEXT, amount_cents INTEGER);
INSERT INTO customers VALUES
  (1, '王小明', '13800000001', '上海', 1), (2, '李' || char(27) || '[31m雷', '13800000002', '北京', 1),
  (3, '韩梅梅', '13800000003', '上海', 0), (4, '赵四', NULL, '广州', 1), (5, '钱五', '13800000005', '上海', 1);
INSERT INTO orders (customer_id, ordered_at, amount_cents) VALUES
  (1, '2024-08-01 10:00:00', 60000), (1, '2024-07-01 10:00:00', 20000), (2, '2024-06-01 10:00:00', 99900),
  (3, '2024-05-01 10:00:00', 88800), (4, '2024-05-01 10:00:00', 77700), (5, '2024-11-20 10:00:00', 90000);
";

/// A directory that is removed in the end.
pub struct Shop {
    root: PathBuf,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Shop {
    /// An empty directory, named after the test.
    pub fn empty(test: &str) -> Shop {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        if root.exists() {
            std::fs::remove_dir_all(&root).unwrap();
        }
        std::fs::create_dir_all(&root).unwrap();
        Shop { root }
    }

    /// Project file, database and one rule file with this text.
    pub fn with_rules(test: &str, rules: &str) -> Shop {
        let shop = Shop::with_database(test);
        shop.write("rulec.toml", PROJECT);
        shop.write("rules/a.rules", rules);
        shop
    }

    /// Only the database.
    pub fn with_database(test: &str) -> Shop {
        let shop = Shop::empty(test);
        shop.database(TABLES);
        shop
    }

    /// Runs SQL in the shop's database.
    pub fn database(&self, sql: &str) {
        Connection::open(self.path("shop.db")).unwrap().execute_batch(sql).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with these arguments, in the shop, with nothing of the environment and no terminal.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rulec"));
        command.args(args).current_dir(&self.root).env_clear().stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.finish(self.command(args).output().unwrap())
    }

    /// As [`Shop::run`], at the shop's day.
    pub fn run_dated(&self, args: &[&str]) -> Ran {
        self.run(&[args, &["--as-of", AS_OF]].concat())
    }

    pub fn finish(&self, output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&*self.root.to_string_lossy(), "SHOP");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next run of the test.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        write!(f, "exit {code}\n--- stdout\n{}--- stderr\n{}", self.out, self.err)
    }
}
