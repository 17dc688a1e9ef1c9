//! Whether the bridge limits its clients.

/// The limits that the bridge has: those of the web server in front of it, and those of its radio to the lamps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limits {
    /// The limits of a real bridge.
    ///
    /// Each client address may have four requests in flight; an event stream counts as one. Each connection may send
    /// ten requests per second, with a burst of twenty more. Requests beyond either limit get status 429.
    ///
    /// The radio takes 25 messages and one group command per second. Further commands wait for up to four seconds.
    /// Commands beyond that are lost, and only a soft error in the answer says so.
    #[default]
    Real,
    /// There are no limits.
    Off,
}
