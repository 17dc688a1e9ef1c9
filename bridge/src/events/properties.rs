//! Property tests of the event-stream parser: whatever the chunks, the same frames are found.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::testing::cases;

/// A stream as bridges send it, and the frames that it contains.
#[derive(Clone, Debug)]
struct Stream {
    bytes: Vec<u8>,
    frames: Vec<String>,
}

/// Generates frames that have any number of lines, among comments, ids and fields that are ignored.
fn stream() -> impl Strategy<Value = Stream> {
    let end = select(vec!["\n", "\r\n", "\r"]);
    let noise = select(vec![": hi", ":", "id: 1634576695:0", "event: x", "retry", "data", "dat: 1"]);
    let lines = prop::collection::vec("[^\r\n]{1,20}", 0..4);
    let frame = (prop::collection::vec(noise, 0..3), lines);
    (end, prop::collection::vec(frame, 0..8)).prop_map(|(end, frames)| {
        let mut stream = Stream { bytes: Vec::new(), frames: Vec::new() };
        for (noise, lines) in frames {
            let data = lines.iter().map(|line| format!("data: {line}"));
            let text = noise.into_iter().map(str::to_owned).chain(data).map(|line| line + end).collect::<String>();
            stream.bytes.extend_from_slice((text + end).as_bytes());
            stream.frames.extend((!lines.is_empty()).then(|| lines.join("\n")));
        }
        stream
    })
}

/// Cuts bytes into pieces that have these sizes, in turn.
fn cut<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut pieces) = (bytes, Vec::new());
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, left) = rest.split_at((*size).min(rest.len()));
        pieces.push(piece);
        rest = left;
    }
    pieces
}

fn decode(pieces: &[&[u8]]) -> Vec<String> {
    let mut decoder = SseDecoder::default();
    pieces.iter().flat_map(|piece| decoder.push(piece).expect("small frames")).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn frames_are_the_same_however_the_bytes_are_cut(stream in stream(), sizes in prop::collection::vec(1_usize..9, 1..6)) {
        prop_assert_eq!(decode(&cut(&stream.bytes, &sizes)), stream.frames);
    }

    #[test]
    fn any_bytes_however_cut_are_the_same_frames(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), select(b"\r\n: data".to_vec())], 0..300),
        sizes in prop::collection::vec(1_usize..9, 1..6),
    ) {
        prop_assert_eq!(decode(&cut(&bytes, &sizes)), decode(&[&bytes]));
    }

    #[test]
    fn whatever_comes_no_more_is_kept_than_the_limit(
        pieces in prop::collection::vec(select(vec!["data: 0123456789", "\n", ": x", "\r"]), 1..20),
    ) {
        let piece = pieces.concat().into_bytes();
        let mut decoder = SseDecoder::default();
        for _ in 0..=(64 << 10) / piece.len() {
            if decoder.push_within(&piece, 1 << 10).is_err() {
                break;
            }
            prop_assert!(decoder.line.len() + decoder.data.len() <= 1 << 10);
        }
    }

    #[test]
    fn events_are_read_from_any_text(text in ".{0,200}") {
        let _ = crate::clip::Event::read_all(&text);
    }
}
