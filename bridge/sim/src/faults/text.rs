//! Fault rules as text, for the command line and the control address.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Fault, FaultKind, FaultRule, FaultTiming, Scope};

/// The names of the faults that take no value.
const FAULT_NAMES: [(&str, Fault); 16] = [
    ("html", Fault::Html),
    ("truncated", Fault::Truncated),
    ("empty", Fault::Empty),
    ("wrong-types", Fault::WrongTypes),
    ("omitted-lists", Fault::OmittedLists),
    ("missing-id", Fault::MissingId),
    ("unknown-words", Fault::UnknownWords),
    ("reset", Fault::Reset),
    ("stream-reset", Fault::StreamReset),
    ("stalled", Fault::Stalled),
    ("short-streams", Fault::ShortStreams),
    ("refused", Fault::Refused),
    ("offline", Fault::Offline),
    ("unresponsive", Fault::Unresponsive),
    ("dead-connections", Fault::DeadConnections),
    ("drop-event-streams", Fault::DropEventStreams),
];
/// The names of the scopes that take no path.
const SCOPE_NAMES: [(&str, Scope); 6] = [
    ("all", Scope::Any),
    ("reads", Scope::Reads),
    ("light-writes", Scope::LightWrites),
    ("group-writes", Scope::GroupWrites),
    ("scene-recalls", Scope::SceneRecalls),
    ("events", Scope::Events),
];

/// The error for a text that is no fault rule; its message says what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseFaultError(String);

impl FromStr for FaultRule {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, ParseFaultError> {
        let mut parts = text.split(',').map(str::trim);
        let mut rule = Self::from(parse_fault(parts.next().unwrap_or_default())?);
        for part in parts {
            rule = match part.split_once('=') {
                Some(("on", name)) => rule.on(parse_scope(name)?),
                Some(("times", count)) => rule.times(parse_number(count, "times")?),
                None if part == "after" => rule.after_acting(),
                None if part == "before" => rule,
                _ => return Err(ParseFaultError(format!("{part:?} is none of on=.., after, before, times=.."))),
            };
        }
        if rule.fault.kind() == FaultKind::Request || rule == Self::from(rule.fault.clone()) {
            return Ok(rule);
        }
        Err(ParseFaultError(format!(
            "{} applies to all connections, so it takes neither on nor after nor times",
            rule.fault
        )))
    }
}

fn parse_fault(text: &str) -> Result<Fault, ParseFaultError> {
    match text.split_once('=') {
        Some(("latency", value)) => Ok(Fault::Latency(parse_duration(value)?)),
        Some(("status", value)) => {
            let status = parse_number(value, "status")?;
            let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
            status.map(Fault::Status).ok_or_else(|| ParseFaultError(format!("{value:?} is no status from 200 to 599")))
        }
        _ => {
            let found = FAULT_NAMES.iter().find(|(name, _)| *name == text);
            found.map(|(_, fault)| fault.clone()).ok_or_else(|| ParseFaultError(format!("{text:?} is no fault")))
        }
    }
}

fn parse_scope(text: &str) -> Result<Scope, ParseFaultError> {
    if let Some((_, scope)) = SCOPE_NAMES.iter().find(|(name, _)| *name == text) {
        return Ok(scope.clone());
    }
    match text.split_once(' ') {
        Some((method, prefix)) if prefix.starts_with('/') => Ok(Scope::path(method, prefix)),
        None if text.starts_with('/') => Ok(Scope::Path { method: None, prefix: text.to_owned() }),
        _ => {
            let names: Vec<_> = SCOPE_NAMES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Err(ParseFaultError(format!(
                "{text:?} is none of {names}, nor a path like \"PUT /clip/v2/resource/light\""
            )))
        }
    }
}

/// Reads a duration like `200ms`, `2s` or `1.5s`.
fn parse_duration(text: &str) -> Result<Duration, ParseFaultError> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| ParseFaultError(format!("{text:?} is no time like 200ms or 1.5s")))
}

fn parse_number(text: &str, name: &str) -> Result<u32, ParseFaultError> {
    text.parse().map_err(|_| ParseFaultError(format!("{text:?} is no number for {name}")))
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault)?;
        if self.scope != Scope::Any {
            write!(f, ",on={}", self.scope)?;
        }
        if self.timing == FaultTiming::AfterActing {
            f.write_str(",after")?;
        }
        self.times.map_or(Ok(()), |times| write!(f, ",times={times}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(latency) => write!(f, "latency={}ms", latency.as_millis()),
            Self::Status(status) => write!(f, "status={status}"),
            other => f.write_str(FAULT_NAMES.iter().find(|(_, fault)| fault == other).map_or("", |(name, _)| name)),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { method: Some(method), prefix } => write!(f, "{method} {prefix}"),
            Self::Path { method: None, prefix } => f.write_str(prefix),
            other => f.write_str(SCOPE_NAMES.iter().find(|(_, scope)| scope == other).map_or("", |(name, _)| name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_its_fault_say_the_same() {
        for text in [
            "latency=200ms",
            "status=503,on=reads,times=3",
            "reset,on=light-writes,after,times=1",
            "empty,on=PUT /clip/v2/resource/light",
            "stalled,on=/api",
            "dead-connections",
            "wrong-types,on=events",
            "missing-id,on=reads",
            "short-streams,times=3",
        ] {
            assert_eq!(text.parse::<FaultRule>().map(|rule| rule.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("latency=1.5s".parse(), Ok(FaultRule::from(Fault::Latency(Duration::from_millis(1500)))));
        assert_eq!(" html , before ".parse(), Ok(FaultRule::from(Fault::Html)));
    }

    #[test]
    fn every_name_is_read_as_what_it_names() {
        for (name, fault) in FAULT_NAMES {
            assert_eq!((name.parse(), fault.to_string()), (Ok(FaultRule::from(fault)), name.to_owned()));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "fire",
            "latency",
            "latency=5",
            "latency=-1s",
            "status=99",
            "status=x",
            "html,on=",
            "html,on=nowhere",
            "html,times=",
            "html,often",
            "refused,on=reads",
            "offline,times=1",
        ] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }
}
