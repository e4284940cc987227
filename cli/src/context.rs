//! Where a command runs: the project above it, the texts it reads, the instant it takes for now.

use crate::args::Global;
use crate::clock::ProgramClock;
use crate::console::Console;
use crate::diagnostics;
use crate::draw::{self, Format, Look, Report};
use crate::outcome::{Exit, Stop};
use crate::timings::Stopwatch;
use rulec_compiler::typed::Program;
use rulec_compiler::{Checked, Loader};
use rulec_diagnostic::{Diagnostic, FileId, Place, Sources, Span};
use rulec_plan::project::Project;
use rulec_plan::time::{Clock, Day, Instant, Zone};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The file that marks a project.
pub const PROJECT_FILE: &str = "rulec.toml";
/// Columns to draw for where the terminal does not say.
const WIDTH: u16 = 100;

/// One run of the program.
pub struct Session {
    /// Where to print.
    pub console: Console,
    /// Everything read so far.
    pub sources: Sources,
    /// Since the start of the program.
    pub stopwatch: Stopwatch,
    global: Global,
    now: Instant,
}

/// A project, read.
pub struct Workspace {
    /// Its directory; relative paths of the project file start here.
    pub root: PathBuf,
    /// What its file says.
    pub project: Project,
    /// Its file; `None`: there is none, and the standard shop stands in.
    pub file: Option<FileId>,
    /// Its rule files, sorted by path.
    pub rules: Vec<FileId>,
    /// Warnings of the project file and of finding the rules.
    pub warnings: Vec<Diagnostic>,
}

impl Workspace {
    /// Hands out the files of the project that its rules `use`.
    pub fn loader(&self) -> impl Loader {
        Folder(&self.root)
    }
}

impl Session {
    /// With these arguments, at this instant.
    pub fn new(global: Global, console: Console, now: Instant, stopwatch: Stopwatch) -> Self {
        Self { console, sources: Sources::default(), stopwatch, global, now }
    }

    /// The directory in which the command works.
    pub fn directory(&self) -> &Path {
        self.global.directory.as_deref().unwrap_or(Path::new("."))
    }

    /// A path of the command line, which starts from where the command works.
    pub fn path(&self, written: &Path) -> PathBuf {
        if self.global.directory.is_some() { self.directory().join(written) } else { written.to_owned() }
    }

    /// The clock at the start of the program.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Whether `--as-of` sets the clock.
    pub fn is_dated(&self) -> bool {
        self.global.as_of.is_some()
    }

    /// The clock to send by: the machine's, or, where `--as-of` asks for an instant of the past, one that goes on from
    /// there since the start of the program.
    pub fn clock(&self, zone: Zone) -> Result<Arc<dyn Clock>, Stop> {
        match &self.global.as_of {
            None => Ok(Arc::new(ProgramClock::default())),
            Some(_) => Ok(Arc::new(ProgramClock::showing(self.instant(zone)?.min(self.now), self.now))),
        }
    }

    /// The instant of the run: what was asked for, else the clock.
    pub fn instant(&self, zone: Zone) -> Result<Instant, Stop> {
        let Some(written) = &self.global.as_of else { return Ok(self.now) };
        if let Ok(date) = written.parse() {
            let after = zone.start_of(Day::from_date(date).shift(0, 1));
            return Ok(Instant(after.0 - 1));
        }
        chrono::DateTime::parse_from_rfc3339(written)
            .map(|exact| Instant(exact.timestamp_micros()))
            .map_err(|_| diagnostics::bad_as_of(written).into())
    }

    /// The values that `--set` gives, in the order written.
    pub fn settings(&self) -> Result<Vec<(String, String)>, Vec<Diagnostic>> {
        let mut settings = Vec::new();
        let mut wrong = Vec::new();
        for written in &self.global.set {
            match written.split_once('=') {
                Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
                    settings.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                _ => wrong.push(diagnostics::bad_set(written)),
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }

    /// Draws findings beside the result.
    pub fn report(&mut self, mut findings: Vec<Diagnostic>) -> io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        rulec_diagnostic::sort(&mut findings);
        self.console.out.flush()?;
        let stream = &mut self.console.err;
        let format = if stream.terminal { Format::Human } else { Format::Plain };
        let look = Look { color: stream.color, width: stream.width.unwrap_or(WIDTH) };
        let report = Report {
            sources: &self.sources,
            findings: &findings,
            checked: &[],
            language: self.console.language,
        };
        draw::draw(stream, format, &report, look)?;
        stream.flush()
    }

    /// Draws findings as the result.
    pub fn deliver(
        &mut self,
        mut findings: Vec<Diagnostic>,
        checked: &[FileId],
        format: Option<Format>,
    ) -> io::Result<Exit> {
        rulec_diagnostic::sort(&mut findings);
        let stream = &mut self.console.out;
        let format = format.unwrap_or(if stream.terminal { Format::Human } else { Format::Plain });
        let look = Look { color: stream.color, width: stream.width.unwrap_or(WIDTH) };
        let report =
            Report { sources: &self.sources, findings: &findings, checked, language: self.console.language };
        draw::draw(stream, format, &report, look)?;
        Ok(Exit::of(&findings))
    }

    /// The directory of the project in which the command works: the nearest upward with a project file.
    pub fn find_root(&self) -> Result<PathBuf, Stop> {
        let start = std::path::absolute(self.directory())
            .map_err(|error| diagnostics::unreadable_file(self.directory(), &error))?;
        start
            .ancestors()
            .find(|directory| directory.join(PROJECT_FILE).is_file())
            .map(Path::to_owned)
            .ok_or_else(|| diagnostics::no_project(&start).into())
    }

    /// Reads the project file, not the rules.
    pub fn open(&mut self) -> Result<Workspace, Stop> {
        let root = self.find_root()?;
        let file = self.read(&root.join(PROJECT_FILE), PROJECT_FILE)?;
        let (project, findings) = rulec_compiler::project::parse(file, self.sources.text(file));
        match project {
            Some(project) if !findings.iter().any(Diagnostic::is_error) => {
                Ok(Workspace { root, project, file: Some(file), rules: Vec::new(), warnings: findings })
            }
            _ => Err(findings.into()),
        }
    }

    /// Reads the project file and the rules, of which there must be some.
    pub fn open_with_rules(&mut self) -> Result<Workspace, Stop> {
        let workspace = self.open_with_any_rules()?;
        if !workspace.rules.is_empty() {
            return Ok(workspace);
        }
        let patterns = &workspace.project.rules;
        let first = workspace.file.zip(patterns.first());
        let place = first.and_then(|(file, first)| self.place_of(file, first));
        Err(diagnostics::no_rule_files(patterns, place).into())
    }

    /// Reads the project file and the files that `[project] rules` names, sorted by path. A file that cannot be read is an
    /// error, but the others are still read.
    pub fn open_with_any_rules(&mut self) -> Result<Workspace, Stop> {
        let mut workspace = self.open()?;
        let mut paths = BTreeSet::new();
        for pattern in &workspace.project.rules {
            let place = workspace.file.and_then(|file| self.place_of(file, pattern));
            let found = matching(&workspace.root, pattern)
                .map_err(|reason| diagnostics::bad_pattern(pattern, reason, place))?;
            if found.is_empty() {
                workspace.warnings.push(diagnostics::pattern_without_files(pattern, place));
            }
            paths.extend(found);
        }
        let mut unreadable = Vec::new();
        for path in paths {
            match self.read(&workspace.root.join(&path), &slashed(&path)) {
                Ok(file) => workspace.rules.push(file),
                Err(findings) => unreadable.extend(findings),
            }
        }
        if unreadable.is_empty() { Ok(workspace) } else { Err(unreadable.into()) }
    }

    /// Checks the rules of a project.
    pub fn check(&mut self, workspace: &Workspace) -> Checked {
        rulec_compiler::check(&workspace.project, &mut self.sources, &workspace.rules, &workspace.loader())
    }

    /// The checked rules of a project for a command that runs them: warnings are shown beside its result, errors stop it.
    pub fn checked(&mut self, workspace: &Workspace) -> Result<Program, Stop> {
        let checked = self.check(workspace);
        let mut findings = workspace.warnings.clone();
        findings.extend(checked.diagnostics);
        if findings.iter().any(Diagnostic::is_error) {
            return Err(findings.into());
        }
        if !self.console.quiet {
            self.report(findings)?;
        }
        Ok(checked.program)
    }

    /// Where a text stands in quotes in the project file.
    fn place_of(&self, file: FileId, text: &str) -> Option<Place> {
        let quoted = format!("\"{text}\"");
        let start = self.sources.text(file).find(&quoted)?;
        Some(Span::new(start, start + quoted.len()).at(file))
    }

    /// Takes in a file under this name.
    pub fn read(&mut self, path: &Path, name: &str) -> Result<FileId, Vec<Diagnostic>> {
        let bytes = std::fs::read(path).map_err(|error| vec![diagnostics::unreadable_file(path, &error)])?;
        // Bytes that are no text are shown as `�`; what stands before the first of them keeps its place.
        let file = self.sources.add(name, String::from_utf8_lossy(&bytes));
        rulec_grammar::decode(file, &bytes).map(|_| file).map_err(|finding| vec![*finding])
    }
}

struct Folder<'a>(&'a Path);

impl Loader for Folder<'_> {
    fn load(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| std::fs::read_to_string(self.0.join(path)).ok()).flatten()
    }
}

/// The files that match a pattern, as paths from this directory.
pub fn matching(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let absolute = format!("{}/{pattern}", glob::Pattern::escape(&root.to_string_lossy()));
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..Default::default() };
    let found = glob::glob_with(&absolute, options).map_err(|error| error.msg.to_owned())?;
    let files = found.filter_map(Result::ok).filter(|path| path.is_file());
    Ok(files.filter_map(|path| Some(path.strip_prefix(root).ok()?.to_owned())).collect())
}

/// A path with `/` on every system.
pub fn slashed(path: &Path) -> String {
    let part = |part: Component<'_>| match part {
        // What stands before the first `/`.
        Component::RootDir => String::new(),
        other => other.as_os_str().to_string_lossy().into_owned(),
    };
    path.components().map(part).collect::<Vec<_>>().join("/")
}
