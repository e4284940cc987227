//! Brings together the texts of a project: its own files, the packs they use, the prelude.

use crate::diagnostics::names;
use crate::packs;
use rulec_diagnostic::{Diagnostic, FileId, Place, Sources};
use rulec_grammar::tree::{File, ItemKind};
use std::collections::BTreeMap;

/// Finds the texts that `use "./tiers.rules"` names.
pub trait Loader {
    /// The text at this path, which starts from the project's folder and uses `/`; `None` if there is none.
    fn load(&self, path: &str) -> Option<String>;
}

/// A loader for projects that use no files of their own by `use`.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _path: &str) -> Option<String> {
        None
    }
}

/// A parsed text.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) file: FileId,
    pub(crate) tree: File,
    pub(crate) layer: Layer,
}

/// How near a text is to the project. What a nearer one declares stands before what a farther one declares; what the
/// project itself does not declare is checked only where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// The project's own files.
    Project,
    /// Packs by `use std/…`.
    Pack,
    /// The prelude.
    Prelude,
}

/// Parses the rule files, then whatever they use, each once, and the prelude.
pub(crate) fn load(
    sources: &mut Sources,
    rules: &[FileId],
    loader: &dyn Loader,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Unit> {
    let mut known: BTreeMap<String, FileId> =
        rules.iter().map(|file| (sources.name(*file).to_owned(), *file)).collect();
    let mut queue: Vec<(FileId, Layer)> = rules.iter().map(|file| (*file, Layer::Project)).collect();
    let mut units = Vec::new();
    let mut next = 0;
    while let Some(&(file, layer)) = queue.get(next) {
        next += 1;
        let parsed = rulec_grammar::parse(file, sources.text(file));
        diagnostics.extend(parsed.diagnostics);
        for (path, place) in uses(&parsed.file, file) {
            let path = absolute(sources.name(file), &path);
            if known.contains_key(&path) {
                continue;
            }
            let pack = packs::find(&path).map(str::to_owned);
            let layer = if pack.is_some() { Layer::Pack } else { layer };
            match pack.or_else(|| loader.load(&path)) {
                Some(text) => {
                    let used = sources.add(path.clone(), text);
                    known.insert(path, used);
                    queue.push((used, layer));
                }
                None => diagnostics.push(names::unknown_pack(place, &path)),
            }
        }
        units.push(Unit { file, tree: parsed.file, layer });
    }
    let (name, text) = packs::PRELUDE;
    let file = sources.add(name, text);
    units.push(Unit { file, tree: rulec_grammar::parse(file, text).file, layer: Layer::Prelude });
    units
}

fn uses(tree: &File, file: FileId) -> Vec<(String, Place)> {
    let used = |item: &rulec_grammar::tree::Item| match &item.kind {
        ItemKind::Use(path) => Some((path.node.clone(), path.span.at(file))),
        _ => None,
    };
    tree.items.iter().filter_map(used).collect()
}

/// A path as written in the file `from`, seen from the project's folder: `./` and `../` are relative to that file.
fn absolute(from: &str, path: &str) -> String {
    if !path.starts_with('.') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn paths_start_from_the_file_that_uses_them() {
        assert_eq!(absolute("rules/a.rules", "./tiers.rules"), "rules/tiers.rules");
        assert_eq!(absolute("rules/vip/a.rules", "../tiers.rules"), "rules/tiers.rules");
        assert_eq!(absolute("a.rules", "std/lifecycle"), "std/lifecycle");
    }
}
