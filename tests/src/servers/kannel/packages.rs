//! Where Kannel is: installed, or unpacked from Debian's packages.

use crate::servers::installed::{installed, output};
use crate::servers::process::Process;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: [&str; 2] = ["kannel", "kannel-extras"];

/// Where the programs are.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    pub(super) bearerbox: PathBuf,
    pub(super) smsbox: PathBuf,
    pub(super) fakesmsc: PathBuf,
    /// Where to look for libraries before the places of the machine.
    libraries: String,
}

impl Programs {
    /// Those of the machine; else those of Debian's packages, unpacked under the target folder.
    ///
    /// # Panics
    /// Where there are none; says what to install.
    pub(super) fn find() -> Programs {
        let there = Programs::under(Path::new("/"));
        if [&there.bearerbox, &there.smsbox, &there.fakesmsc].iter().all(|program| program.exists()) {
            return there;
        }
        let folder = installed("kannel", |folder| {
            if let Err(why) = unpack(folder) {
                panic!(
                    "the tests of SMS need kannel, and it cannot be unpacked from Debian's packages: install it (on \
                     Debian and Ubuntu: `apt-get install kannel kannel-extras`), or let `apt-get` reach a mirror\n{why}"
                );
            }
        });
        Programs::under(&folder)
    }

    fn under(root: &Path) -> Programs {
        let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
        let libraries =
            ["usr/lib", "lib"].map(|folder| root.join(folder).join(&machine).display().to_string());
        Programs {
            bearerbox: root.join("usr/sbin/bearerbox"),
            smsbox: root.join("usr/sbin/smsbox"),
            fakesmsc: root.join("usr/lib/kannel/test/fakesmsc"),
            libraries: libraries.join(":"),
        }
    }

    /// Whether all of them have the libraries that they need.
    ///
    /// # Errors
    /// What one lacks.
    fn complete(&self) -> Result<(), String> {
        for program in [&self.bearerbox, &self.smsbox, &self.fakesmsc] {
            let needed = output(Command::new("ldd").arg(program).env("LD_LIBRARY_PATH", &self.libraries))?;
            if needed.contains("not found") {
                return Err(format!("{}:\n{needed}", program.display()));
            }
        }
        Ok(())
    }

    /// Starts one of them.
    pub(super) fn run(&self, program: &Path, words: &[impl AsRef<OsStr>], log: &Path) -> Process {
        Process::start(Command::new(program).args(words).env("LD_LIBRARY_PATH", &self.libraries), log)
    }
}

/// Fetches the packages, and those that they need and the machine lacks, and unpacks them. Needs no rights.
fn unpack(folder: &Path) -> Result<(), String> {
    fetch(folder, &[]).or_else(|_| {
        // The machine's lists of packages may be old or were never fetched: fetch some of our own.
        let lists = folder.join("apt");
        fs::create_dir_all(lists.join("lists/partial")).map_err(|error| error.to_string())?;
        let mut own = vec!["-oDir::State::status=/var/lib/dpkg/status".to_owned()];
        own.extend(["State", "Cache"].map(|name| format!("-oDir::{name}={}", lists.display())));
        output(Command::new("apt-get").args(&own).arg("update"))?;
        fetch(folder, &own)
    })?;
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let file = entry.map_err(|error| error.to_string())?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            output(Command::new("dpkg").arg("-x").arg(&file).arg(folder))?;
            fs::remove_file(file).map_err(|error| error.to_string())?;
        }
    }
    Programs::under(folder).complete()
}

/// Fetches what installing the packages would add to the machine, and themselves in any case.
fn fetch(folder: &Path, options: &[String]) -> Result<(), String> {
    let apt = || {
        let mut command = Command::new("apt-get");
        command.args(options).env("LC_ALL", "C").current_dir(folder);
        command
    };
    let simulated = ["--simulate", "--no-install-recommends", "install"];
    let plan = output(apt().args(simulated).args(PACKAGES))?;
    let added = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    let others = added.filter(|name| !PACKAGES.contains(name));
    output(apt().arg("download").args(PACKAGES).args(others)).map(drop)
}
