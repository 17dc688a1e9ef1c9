//! Decodes server-sent events (WHATWG HTML, section 9.2.6) as far as the bridge uses them.

/// Limits a frame. A frame for a home of 150 lamps is far smaller.
const MAX_FRAME_BYTES: usize = 4 << 20;

/// Decodes the event stream into the data of its frames. How the bytes are cut makes no difference.
///
/// It bounds its memory on a hostile stream, and replaces bytes that are not UTF-8. The published decoders do neither:
/// they buffer a frame without limit, and end the stream at such a byte.
#[derive(Debug, Default)]
pub(crate) struct SseDecoder {
    line: Vec<u8>,
    data: String,
    /// Is set after a carriage return: a line feed that follows belongs to it.
    after_carriage_return: bool,
}

/// A frame is larger than any that a bridge sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the event stream is too large")]
pub(crate) struct FrameTooLarge;

impl SseDecoder {
    /// Takes the next bytes and returns the data of the frames that they complete. Skips comments and ids.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, FrameTooLarge> {
        self.push_within(bytes, MAX_FRAME_BYTES)
    }

    /// Keeps at most `limit` bytes of a frame that has not ended.
    fn push_within(&mut self, bytes: &[u8], limit: usize) -> Result<Vec<String>, FrameTooLarge> {
        let mut frames = Vec::new();
        for &byte in bytes {
            let ends_crlf = byte == b'\n' && self.after_carriage_return;
            self.after_carriage_return = byte == b'\r';
            match byte {
                _ if ends_crlf => {}
                b'\n' | b'\r' => frames.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > limit {
                return Err(FrameTooLarge);
            }
        }
        Ok(frames)
    }

    /// Ends a line. Returns the data of the frame that it completes.
    fn end_line(&mut self) -> Option<String> {
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

    const SAMPLE_STREAM: &[u8] =
        b": hi\n\nid: 1634576695:0\ndata: [1]\n\nid: 2:0\r\ndata: [\r\ndata:2]\r\n\r\n: bye\n\n";

    #[test]
    fn frames_do_not_depend_on_how_the_bytes_are_cut() {
        for size in 1..SAMPLE_STREAM.len() {
            let mut decoder = SseDecoder::default();
            let frames: Vec<String> =
                SAMPLE_STREAM.chunks(size).flat_map(|bytes| decoder.push(bytes).expect("small frames")).collect();
            assert_eq!(frames, ["[1]", "[\n2]"], "cut every {size} bytes");
        }
    }

    #[test]
    fn what_is_no_text_does_no_harm() {
        let mut decoder = SseDecoder::default();
        assert_eq!(decoder.push(b"data: \xff\xfe\n\n").map(|frames| frames.len()), Ok(1));
    }

    #[test]
    fn a_frame_without_end_is_an_error() {
        let mut decoder = SseDecoder::default();
        assert_eq!(decoder.push(&vec![b'x'; MAX_FRAME_BYTES]), Ok(Vec::new()));
        assert_eq!(decoder.push(b"x"), Err(FrameTooLarge));
        let mut decoder = SseDecoder::default();
        let lines = b"data: 0123456789\n".repeat(MAX_FRAME_BYTES / 10 + 1);
        assert_eq!(decoder.push(&lines), Err(FrameTooLarge));
    }
}
