//! What a file is called, in words that are fit to be shown.

/// The longest text that is taken over, in characters.
const LONGEST: usize = 200;
/// Bytes that are looked at for it.
const MOST_BYTES: usize = 4 * LONGEST;

/// Names that are embedded in a file. Each is one line without control characters, at most 200
/// characters long, and `None` where the file has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Of the piece, or of the film.
    pub title: Option<String>,
    /// Who plays it.
    pub artist: Option<String>,
    /// What it is from.
    pub album: Option<String>,
}

/// A text as a file has it, made fit. Files say in which encoding their texts are, and are wrong.
pub(crate) fn clean(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]);
    let shown =
        text.chars().filter(|&c| !is_order(c)).map(|c| if c.is_control() { ' ' } else { c });
    let line = shown.collect::<String>();
    let words: Vec<_> = line.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(LONGEST).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Characters that cannot be seen but turn around, join or hide those beside them.
fn is_order(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_what_can_be_seen() {
        let clean = |text: &str| clean(text.as_bytes());
        assert_eq!(clean("So What"), Some("So What".into()));
        assert_eq!(clean("  So\r\n\tWhat\0\u{7f} \u{1b}[31m"), Some("So What [31m".into()));
        assert_eq!(clean("evil\u{202e}3pm.exe\u{feff}"), Some("evil3pm.exe".into()));
        assert_eq!((clean(""), clean(" \0\u{200b}\n")), (None, None));
        assert_eq!(clean("Ágætis byrjun"), Some("Ágætis byrjun".into()));
    }

    #[test]
    fn what_is_no_text_is_made_one_and_what_is_long_is_cut() {
        assert_eq!(clean(b"caf\xe9"), Some("caf\u{fffd}".into()));
        assert_eq!(clean(&[b'x'; 100_000]).map(|text| text.len()), Some(LONGEST));
        let wide = "é".repeat(9_999);
        assert_eq!(clean(wide.as_bytes()).map(|text| text.chars().count()), Some(LONGEST));
    }
}
