//! The last words of a Python guest whose value did not fit the contract.

/// The beginning of the panic in the bindings of componentize-py (0.25.1); the file's line and column follow.
const PANIC: &str = "panicked at runtime/src/lib.rs:";
/// Stands before the error that the bindings did not expect.
const UNEXPECTED_ERROR: &str = "called `Result::unwrap()` on an `Err` value: ";
/// What the author does about it.
const ADVICE: &str = "convert what is passed to the host or returned to exactly the contract's type";
/// Limits the characters that are quoted of a value.
const MAX_VALUE_CHARS: usize = 80;

/// Explains the panic of the bindings at a value that does not fit its type in the contract. None for other last words.
///
/// A guest can print such lines itself: they are words for people, cut to a length, and nothing is decided by them.
pub(super) fn explain_panic(lines: &[String]) -> Option<String> {
    let panic = lines.iter().rposition(|line| line.contains(PANIC))?;
    let error = lines.get(panic + 1)?.strip_prefix(UNEXPECTED_ERROR)?;
    let what = if let Some(error) = error.strip_prefix("PyErr { ") {
        explain_exception(error)?
    } else if let Some(error) = error.strip_prefix("CastError { ") {
        format!("a value has the wrong Python type{}", explain_cast(error).unwrap_or_default())
    } else {
        return None;
    };
    Some(format!("{what}: {ADVICE}"))
}

/// Explains an exception, for example `type: …, value: TypeError('must be real number, not str'), traceback: None }`.
fn explain_exception(error: &str) -> Option<String> {
    let (_, value) = error.split_once("value: ")?;
    let (kind, text) = value.split_once('(')?;
    let what = match kind {
        // A record that is none lacks the attributes of one.
        "TypeError" | "AttributeError" => "a value has the wrong Python type",
        "OverflowError" => "a value does not fit its type in the contract",
        _ => return None,
    };
    let text = text.rsplit_once("), traceback: ").map_or(text, |(text, _)| text);
    Some(format!("{what}: {}", cut(unquote(text))))
}

/// Explains for example `from: 'text', classinfo: <class 'bytes'> }`. None if the line was cut off before its end.
fn explain_cast(error: &str) -> Option<String> {
    let (value, class) = error.strip_prefix("from: ")?.rsplit_once(", classinfo: <class '")?;
    let (class, _) = class.split_once('\'')?;
    Some(format!(": {} is no {}", cut(value), cut(class)))
}

/// Removes the quotes around a text, of which the last may be cut off.
fn unquote(text: &str) -> &str {
    let unquoted = ['\'', '"'].into_iter().find_map(|quote| Some((text.strip_prefix(quote)?, quote)));
    unquoted.map_or(text, |(inner, quote)| inner.strip_suffix(quote).unwrap_or(inner))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn explain(error: &str) -> Option<String> {
        let lines = [
            "",
            "thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1456:67:",
            error,
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        ];
        explain_panic(&lines.map(str::to_owned))
    }

    /// Each line is the word of a guest that componentize-py 0.25.1 built, tests/guests/python/pitfalls.py for most.
    #[test]
    fn a_value_of_a_wrong_type_is_told_with_what_was_given() {
        for (error, told) in [
            (
                r#"PyErr { type: <class 'TypeError'>, value: TypeError("'float' object cannot be interpreted as an integer"), traceback: None }"#,
                "a value has the wrong Python type: 'float' object cannot be interpreted as an integer",
            ),
            (
                "PyErr { type: <class 'TypeError'>, value: TypeError('must be real number, not str'), traceback: None }",
                "a value has the wrong Python type: must be real number, not str",
            ),
            (
                r#"PyErr { type: <class 'TypeError'>, value: TypeError("'dict' object is not an instance of 'str'"), traceback: None }"#,
                "a value has the wrong Python type: 'dict' object is not an instance of 'str'",
            ),
            (
                r#"PyErr { type: <class 'AttributeError'>, value: AttributeError("'NoneType' object has no attribute 'meta'"), traceback: None }"#,
                "a value has the wrong Python type: 'NoneType' object has no attribute 'meta'",
            ),
            (
                "CastError { from: 'value', classinfo: <class 'bytes'> }",
                "a value has the wrong Python type: 'value' is no bytes",
            ),
            ("CastError { from: (), classinfo: <class 'list'> }", "a value has the wrong Python type: () is no list"),
            (
                r#"PyErr { type: <class 'OverflowError'>, value: OverflowError("can't convert negative int to unsigned"), traceback: None }"#,
                "a value does not fit its type in the contract: can't convert negative int to unsigned",
            ),
            (
                "PyErr { type: <class 'OverflowError'>, value: OverflowError('int too big to convert'), traceback: None }",
                "a value does not fit its type in the contract: int too big to convert",
            ),
        ] {
            let explained = explain(&format!("{UNEXPECTED_ERROR}{error}"));
            assert_eq!(explained, Some(format!("{told}: {ADVICE}")));
        }
    }

    #[test]
    fn other_last_words_are_not_taken_for_it() {
        for error in [
            "Python function threw an unexpected exception",
            "called `Option::unwrap()` on a `None` value",
            "called `Result::unwrap()` on an `Err` value: PyErr { type: <class 'KeyError'>, value: KeyError('a'), traceback: None }",
            "called `Result::unwrap()` on an `Err` value: Utf8Error",
        ] {
            assert_eq!(explain(error), None, "{error}");
        }
        let elsewhere = ["thread panicked at src/lib.rs:1:1:".to_owned(), format!("{UNEXPECTED_ERROR}CastError {{ ")];
        assert_eq!(explain_panic(&elsewhere), None);
        assert_eq!(explain_panic(&[format!("thread {PANIC}1:1:")]), None);
    }

    #[test]
    fn a_long_value_is_cut_and_a_line_that_was_cut_is_told_without_it() {
        let long = "x".repeat(5_000);
        let whole = explain(&format!("{UNEXPECTED_ERROR}CastError {{ from: '{long}', classinfo: <class 'bytes'> }}"));
        assert!(whole.is_some_and(|it| it.contains("x… is no bytes") && it.len() < 300));
        let cut = explain(&format!("{UNEXPECTED_ERROR}CastError {{ from: '{long}…"));
        assert_eq!(cut, Some(format!("a value has the wrong Python type: {ADVICE}")));
    }

    proptest! {
        #[test]
        fn no_words_of_a_guest_make_a_long_text(words in ".{0,4000}", kind in 0..4_usize) {
            let error = match kind {
                0 => format!("PyErr {{ type: x, value: TypeError({words}"),
                1 => format!("CastError {{ from: {words}"),
                2 => format!("CastError {{ from: {words}, classinfo: <class '{words}"),
                _ => words,
            };
            let explained = explain(&format!("{UNEXPECTED_ERROR}{error}"));
            prop_assert!(explained.is_none_or(|it| it.chars().count() < 300));
        }
    }
}
