//! What servers are made of, installed under the target folder: `target/test-servers/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this name, which `install` filled when it was not there yet. One process at a time does that; who comes
/// later finds it done.
///
/// # Panics
/// Where it cannot be installed; says what to do.
pub(super) fn installed(name: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let home = target().join("test-servers");
    fs::create_dir_all(&home).unwrap_or_else(|error| panic!("{}: {error}", home.display()));
    let lock = home.join(format!("{name}.lock"));
    let _held = File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
    let (folder, done) = (home.join(name), home.join(format!("{name}.done")));
    if !done.exists() {
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("what was left half done can be removed");
        }
        fs::create_dir(&folder).expect("a folder can be made where a lock could");
        install(&folder);
        File::create(&done).expect("a file can be made where a lock could");
    }
    folder
}

/// The target folder that this program was built in.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    let built = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    built.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), Path::to_owned)
}

/// What a command prints, if it ends well; else why not.
pub(super) fn output(command: &mut Command) -> Result<String, String> {
    let said = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if said.status.success() {
        return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
    }
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    Err(format!("{command:?}: {}\n{out}{err}", said.status))
}
