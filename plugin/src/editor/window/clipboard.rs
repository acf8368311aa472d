//! The system's clipboard, opened at its first use: on X11 that costs a connection and a thread,
//! and most sessions never copy anything.

/// Opened or not yet.
#[derive(Default)]
pub struct Clipboard(Option<arboard::Clipboard>);

impl Clipboard {
    /// The text in it. `None` when there is none, or no clipboard: nothing to tell the user about.
    pub fn read(&mut self) -> Option<String> {
        self.open()?.get_text().ok()
    }

    /// Puts a text in. Where that fails, what was in the clipboard stays, as the user will see.
    pub fn write(&mut self, text: String) {
        if let Some(clipboard) = self.open() {
            _ = clipboard.set_text(text);
        }
    }

    fn open(&mut self) -> Option<&mut arboard::Clipboard> {
        if self.0.is_none() {
            self.0 = arboard::Clipboard::new().ok();
        }
        self.0.as_mut()
    }
}
