//! Reads the ids in a line that cannot be parsed, so that its error reaches the request that waits for an answer.

use rmcp::model::RequestId;
use serde_json::Number;

/// The most ids that are read in one line.
const MAX_IDS: usize = 64;

/// An id as an answer repeats it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ReadId {
    /// It is the id of a request that rmcp can handle.
    Usable(RequestId),
    /// It is another number, as it is written: a fraction, or one beyond 64 bits.
    Number(String),
}

/// Finds in a damaged line what can be trusted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct DamagedLine {
    /// The ids of its messages, as far as they can be read.
    pub(super) ids: Vec<ReadId>,
    /// The number of messages that begin in it.
    pub(super) messages: usize,
}

impl DamagedLine {
    /// Scans a line up to its end, or up to where its brackets do not match.
    ///
    /// Members of a batch are messages; what lies deeper belongs to a message's parameters.
    pub(super) fn scan(line: &[u8]) -> Self {
        let (mut found, mut open, mut rest) = (Self::default(), Brackets::default(), line);
        while let [first, tail @ ..] = rest {
            rest = tail;
            match first {
                b'"' => {
                    let Some((key, after)) = split_string(tail) else { break };
                    rest = after;
                    if key == b"id" && open.is_in_message() {
                        found.add_id(after);
                    }
                }
                b'{' | b'[' => {
                    open.push(*first);
                    found.messages += usize::from(open.is_in_message());
                }
                b'}' | b']' if !open.close(*first) => break,
                _ => {}
            }
        }
        found
    }

    fn add_id(&mut self, after_key: &[u8]) {
        if let Some(id) = read_id(after_key)
            && self.ids.len() < MAX_IDS
            && !self.ids.contains(&id)
        {
            self.ids.push(id);
        }
    }
}

/// The brackets that are open at a place in a line.
#[derive(Default)]
struct Brackets {
    open: Vec<u8>,
    /// The number of braces among them.
    objects: usize,
}

impl Brackets {
    fn push(&mut self, bracket: u8) {
        self.open.push(bracket);
        self.objects += usize::from(bracket == b'{');
    }

    /// Closes the innermost bracket, and returns whether it was of this kind.
    fn close(&mut self, bracket: u8) -> bool {
        let opened = self.open.pop();
        self.objects -= usize::from(opened == Some(b'{'));
        opened == Some(if bracket == b'}' { b'{' } else { b'[' })
    }

    /// Returns whether the innermost bracket is that of a message, which lies in nothing but arrays.
    fn is_in_message(&self) -> bool {
        self.objects == 1 && self.open.last() == Some(&b'{')
    }
}

/// Splits the text after a quote into the string up to the next quote, and what follows it.
fn split_string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some((&text[..at], &text[at + 1..])),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Reads the id after its key. A number that ends with the line may have been cut, and is not read.
fn read_id(after_key: &[u8]) -> Option<ReadId> {
    let value = after_key.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let length = match value.strip_prefix(b"\"") {
        Some(text) => split_string(text)?.0.len() + 2,
        None => value.iter().position(|byte| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace())?,
    };
    let value = &value[..length];
    if let Ok(id) = serde_json::from_slice(value) {
        return Some(ReadId::Usable(id));
    }
    let number = serde_json::from_slice::<Number>(value).ok().and(std::str::from_utf8(value).ok())?;
    Some(ReadId::Number(number.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rmcp::model::RequestId;
    use serde_json::json;

    use super::{DamagedLine, MAX_IDS, ReadId};

    fn ids(line: impl AsRef<[u8]>) -> Vec<String> {
        let text = |id| match id {
            ReadId::Usable(id) => serde_json::to_string(&id).unwrap(),
            ReadId::Number(text) => text,
        };
        DamagedLine::scan(line.as_ref()).ids.into_iter().map(text).collect()
    }

    #[test]
    fn an_id_is_read_where_it_is_a_messages_own() {
        for (line, expected) in [
            (r#"{"jsonrpc":"2.0","id":7,"method":"#, "7"),
            (r#"{"method":"x","params":{"a":NaN},"id":"b"}"#, "\"b\""),
            (r#"{ "id" : "a \" b" , "method": nope }"#, r#""a \" b""#),
            (r#"{"id":-3,}"#, "-3"),
            (r#"{"id":7.0,'method'}"#, "7"),
            (r#"{"id":1.5,"method":"ping"}"#, "1.5"),
            (r#"{"id":18446744073709551615}"#, "18446744073709551615"),
            (r#"{"id":99999999999999999999999,"method":"ping"}"#, "99999999999999999999999"),
            (r#"{"params":{"text":"{[\"id\":1"},"id":2,"#, "2"),
            (r#"{"params":[{"id":1},{"id":2}],"id":3,"#, "3"),
            (r#"[{"params":{"id":1},"id":2},"#, "2"),
        ] {
            assert_eq!(ids(line), [expected], "{line}");
        }
    }

    #[test]
    fn an_id_that_may_be_wrong_is_not_read() {
        for line in [
            r#"{"id":12"#,                     // The next digit may be missing.
            r#"{"id":"cut"#,                   // So may the rest of the text.
            r#"{"id":"half \ud800","x":NaN}"#, // This text is none.
            r#"{"id":1e999,"method":"ping"}"#, // No client can read this number back.
            r#"{"id":null,"method":}"#,
            r#"{"id":[7],"method":}"#,
            r#"{"params":{"id":7}"#,             // It belongs to the parameters,
            r#"{"params":{"list":[1,2},"id":7"#, // and may do so here, where a bracket is missing.
            r#"{"method":"id","params":7,"#,     // It is no key.
            r#""id":7,"#,
            "id",
            "",
        ] {
            assert_eq!(ids(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn a_byte_that_is_no_utf_8_spoils_the_id_only_within_it() {
        assert_eq!(ids(b"{\"id\":\"a\",\"x\":\"\xff\"}"), ["\"a\""]);
        assert_eq!(ids(b"{\"id\":\"\xff\",\"x\":1}"), [""; 0]);
    }

    #[test]
    fn messages_in_a_line_are_counted_and_their_ids_limited() {
        for (line, messages) in [("{}", 1), ("{}{}", 2), ("{} {\"a\":{}} {", 3), ("[{},{\"a\":[{}]}]", 2), ("7 8", 0)] {
            assert_eq!(DamagedLine::scan(line.as_bytes()).messages, messages, "{line}");
        }
        assert_eq!(ids(r#"{"id":1}"#.repeat(10)), ["1"]);
        let many: Vec<_> = (0..1000).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        assert_eq!(ids(many.concat()).len(), MAX_IDS);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_scan_panic(line in "[\\[\\]{}\":,\\\\id0-9 .e\\-\u{fc}]{0,60}") {
            DamagedLine::scan(line.as_bytes());
        }

        /// Damage anywhere behind the id leaves it readable; damage before it never makes another id of it.
        #[test]
        fn any_cut_of_a_message_gives_its_id_or_none(id in "[a-z\"\\\\0-9]{1,8}", number in any::<i32>(), cut in any::<prop::sample::Index>()) {
            for id in [RequestId::String(id.as_str().into()), RequestId::Number(number.into())] {
                let line = json!({"id": id, "method": "ping", "params": {"id": "other", "text": "\"id\":"}}).to_string();
                let found = DamagedLine::scan(&line.as_bytes()[..cut.index(line.len())]).ids;
                prop_assert!(found.is_empty() || found == [ReadId::Usable(id.clone())], "{:?}", found);
                prop_assert_eq!(DamagedLine::scan(line.as_bytes()).ids, [ReadId::Usable(id)]);
            }
        }
    }
}
