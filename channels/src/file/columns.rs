//! What a table says of each message.

use crate::Content;
use crate::clean::clean;
use crate::diagnostics::Result;
use crate::settings::Settings;
use rulec_diagnostic::Text;
use rulec_plan::template::Field;

/// The columns that a table has unless the project file says otherwise; the key stands behind them.
const USUAL: &[Field] =
    &[Field::To, Field::Message, Field::Code, Field::OfferEnds, Field::Customer, Field::Rule];

/// The columns of a table. The last is the key: by it a message is found again, and by where it ends a whole row is told
/// from a torn one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(Vec<Field>);

impl Columns {
    /// Those of the setting `columns`.
    pub(super) fn read(settings: Settings<'_>) -> Result<Columns> {
        let named: Option<Vec<_>> = settings.table("columns").map(|(_, name)| Field::find(name)).collect();
        match named {
            Some(named) if named.is_empty() => Ok(Columns::of(USUAL)),
            Some(named) => Ok(Columns::of(&named)),
            None => {
                let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
                let expected = Text::new(
                    format!("a list of {}", names.join(", ")),
                    format!("列表，可用的有 {}", names.join("、")),
                );
                Err(settings.wrong("columns", &expected))
            }
        }
    }

    /// These, and the key behind them.
    pub(super) fn of(fields: &[Field]) -> Columns {
        let others = fields.iter().copied().filter(|field| *field != Field::Key);
        Columns(others.chain([Field::Key]).collect())
    }

    /// Their names.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.0.iter().map(|field| field.name())
    }

    /// What they say of a message, without what spreadsheets cannot hold; empty where it has nothing of the kind.
    pub(super) fn cells(&self, content: &Content) -> impl Iterator<Item = String> {
        self.0.iter().map(move |field| clean(content.field(*field).unwrap_or_default()))
    }
}
