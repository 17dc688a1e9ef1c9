//! Server-sent events: bytes in, frames out (WHATWG HTML, section 9.2.6), as far as the bridge uses them.

/// A container for a home of 150 lamps is far below this.
const LIMIT: usize = 4 << 20;

/// Turns the bytes of the event stream into the data of its frames, however the bytes are cut.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    data: String,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
}

/// A frame larger than any the bridge sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the event stream is too large")]
pub(crate) struct TooLarge;

impl Decoder {
    /// Takes the next bytes; returns the data of the frames that they complete. Comments and ids are left out.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLarge> {
        self.push_within(bytes, LIMIT)
    }

    /// No more than `limit` bytes are kept of a frame that has not ended.
    fn push_within(&mut self, bytes: &[u8], limit: usize) -> Result<Vec<String>, TooLarge> {
        let mut frames = Vec::new();
        for &byte in bytes {
            let paired = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            match byte {
                _ if paired => {}
                b'\n' | b'\r' => frames.extend(self.end_of_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > limit {
                return Err(TooLarge);
            }
        }
        Ok(frames)
    }

    fn end_of_line(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.line);
        if bytes.is_empty() {
            let data = std::mem::take(&mut self.data);
            return if data.is_empty() { None } else { Some(data) };
        }
        let line = String::from_utf8_lossy(&bytes);
        if let Some(data) = line.strip_prefix("data:") {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        }
        None
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b": hi\n\nid: 1634576695:0\ndata: [1]\n\nid: 2:0\r\ndata: [\r\ndata:2]\r\n\r\n: bye\n\n";

    #[test]
    fn frames_do_not_depend_on_how_the_bytes_are_cut() {
        for size in 1..STREAM.len() {
            let mut decoder = Decoder::default();
            let frames: Vec<String> =
                STREAM.chunks(size).flat_map(|bytes| decoder.push(bytes).expect("small frames")).collect();
            assert_eq!(frames, ["[1]", "[\n2]"], "cut every {size} bytes");
        }
    }

    #[test]
    fn what_is_no_text_does_no_harm() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"data: \xff\xfe\n\n").map(|frames| frames.len()), Ok(1));
    }

    #[test]
    fn a_frame_without_end_is_an_error() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(&vec![b'x'; LIMIT]), Ok(Vec::new()));
        assert_eq!(decoder.push(b"x"), Err(TooLarge));
        let mut decoder = Decoder::default();
        let lines = b"data: 0123456789\n".repeat(LIMIT / 10 + 1);
        assert_eq!(decoder.push(&lines), Err(TooLarge));
    }
}
