//! What a text says, remembered until another one comes: most lines of a plan say the same as those before.

/// The last text, and what it says.
#[derive(Debug)]
pub(super) struct Memo<T>(Option<(String, T)>);

impl<T: Copy> Memo<T> {
    pub(super) fn new() -> Memo<T> {
        Memo(None)
    }

    /// What this text says; `read` is asked only if it is another than the last one.
    pub(super) fn get<E>(&mut self, text: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, E> {
        if let Some((last, value)) = &self.0
            && last == text
        {
            return Ok(*value);
        }
        let value = read(text)?;
        self.0 = Some((text.to_owned(), value));
        Ok(value)
    }
}
