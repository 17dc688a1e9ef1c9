//! Faults as texts, for the program and for the control address.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, Scope, Strike, When};

/// A text that is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownFault(String);

impl FromStr for Strike {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let mut parts = text.split(',').map(str::trim);
        let mut strike = Self::from(fault(parts.next().unwrap_or_default())?);
        for part in parts {
            strike = match part.split_once('=') {
                Some(("on", name)) => strike.on(scope(name)?),
                Some(("times", count)) => strike.times(number(count, "times")?),
                None if part == "after" => strike.after_acting(),
                None if part == "before" => strike,
                _ => return Err(UnknownFault(format!("{part:?} is none of on=.., after, before, times=.."))),
            };
        }
        if strike.fault.is_for_requests() || strike == Self::from(strike.fault.clone()) {
            return Ok(strike);
        }
        Err(UnknownFault(format!(
            "{} concerns all connections, so it takes neither on nor after nor times",
            strike.fault
        )))
    }
}

fn fault(text: &str) -> Result<Fault, UnknownFault> {
    match text.split_once('=') {
        Some(("latency", value)) => Ok(Fault::Latency(duration(value)?)),
        Some(("status", value)) => {
            let status = number(value, "status")?;
            let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
            status.map(Fault::Status).ok_or_else(|| UnknownFault(format!("{value:?} is no status from 200 to 599")))
        }
        _ => {
            let found = NAMES.iter().find(|(name, _)| *name == text);
            found.map(|(_, fault)| fault.clone()).ok_or_else(|| UnknownFault(format!("{text:?} is no fault")))
        }
    }
}

/// The faults without a value.
const NAMES: [(&str, Fault); 12] = [
    ("html", Fault::Html),
    ("truncated", Fault::Truncated),
    ("empty", Fault::Empty),
    ("wrong-types", Fault::WrongTypes),
    ("reset", Fault::Reset),
    ("stream-reset", Fault::StreamReset),
    ("stalled", Fault::Stalled),
    ("refused", Fault::Refused),
    ("offline", Fault::Offline),
    ("unresponsive", Fault::Unresponsive),
    ("dead-connections", Fault::DeadConnections),
    ("drop-event-streams", Fault::DropEventStreams),
];

const SCOPES: [(&str, Scope); 6] = [
    ("all", Scope::Any),
    ("reads", Scope::Reads),
    ("light-writes", Scope::LightWrites),
    ("group-writes", Scope::GroupWrites),
    ("scene-recalls", Scope::SceneRecalls),
    ("events", Scope::Events),
];

fn scope(text: &str) -> Result<Scope, UnknownFault> {
    if let Some((_, scope)) = SCOPES.iter().find(|(name, _)| *name == text) {
        return Ok(scope.clone());
    }
    match text.split_once(' ') {
        Some((method, prefix)) if prefix.starts_with('/') => Ok(Scope::path(method, prefix)),
        None if text.starts_with('/') => Ok(Scope::Path { method: None, prefix: text.to_owned() }),
        _ => {
            let names: Vec<_> = SCOPES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Err(UnknownFault(format!("{text:?} is none of {names}, nor a path like \"PUT /clip/v2/resource/light\"")))
        }
    }
}

/// `200ms`, `2s`, `1.5s`.
fn duration(text: &str) -> Result<Duration, UnknownFault> {
    let seconds = match text.strip_suffix("ms") {
        Some(number) => number.parse::<f64>().map(|number| number / 1000.0),
        None => text.strip_suffix('s').unwrap_or_default().parse(),
    };
    let duration = seconds.ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| UnknownFault(format!("{text:?} is no time like 200ms or 1.5s")))
}

fn number(text: &str, what: &str) -> Result<u32, UnknownFault> {
    text.parse().map_err(|_| UnknownFault(format!("{text:?} is no number for {what}")))
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fault)?;
        if self.scope != Scope::Any {
            write!(f, ",on={}", self.scope)?;
        }
        if self.when == When::AfterActing {
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
            other => f.write_str(NAMES.iter().find(|(_, fault)| fault == other).map_or("", |(name, _)| name)),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { method: Some(method), prefix } => write!(f, "{method} {prefix}"),
            Self::Path { method: None, prefix } => f.write_str(prefix),
            other => f.write_str(SCOPES.iter().find(|(_, scope)| scope == other).map_or("", |(name, _)| name)),
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
        ] {
            assert_eq!(text.parse::<Strike>().map(|strike| strike.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("latency=1.5s".parse(), Ok(Strike::from(Fault::Latency(Duration::from_millis(1500)))));
        assert_eq!(" html , before ".parse(), Ok(Strike::from(Fault::Html)));
    }

    #[test]
    fn every_name_is_read_as_what_it_names() {
        for (name, fault) in NAMES {
            assert_eq!((name.parse(), fault.to_string()), (Ok(Strike::from(fault)), name.to_owned()));
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
            assert!(text.parse::<Strike>().is_err(), "{text}");
        }
    }
}
