//! State on its way in, for both formats: read in parts, and never more than a plug-in takes.

/// What is read from a host, or written to it, at once.
pub const CHUNK: usize = 64 * 1024;

/// Everything that `read` gives until it gives nothing, or why not. It gets a buffer to fill and
/// answers with how many bytes it has put there, as a host does: not to be believed unchecked.
pub fn read_bounded(
    limit: usize,
    mut read: impl FnMut(&mut [u8]) -> i64,
) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0u8; CHUNK];
    loop {
        let got = read(&mut chunk);
        match usize::try_from(got) {
            Ok(0) => return Ok(bytes),
            Ok(got) if got <= CHUNK && bytes.len() + got <= limit => {
                bytes.extend_from_slice(&chunk[..got]);
            }
            Ok(got) if got <= CHUNK => return Err(format!("it has more than {limit} bytes")),
            _ => return Err(format!("the host's stream gave {got} bytes instead of {CHUNK}")),
        }
    }
}
