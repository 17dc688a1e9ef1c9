//! The radio between the bridge and its lamps: how much it can take, what has to wait, and what is lost.
//!
//! Signify's "Hue System Performance" gives about 25 messages a second, one for each of on, brightness and colour, and
//! about one group command a second, which is a broadcast; what is too much is kept for up to several seconds and then
//! dropped. So there are two queues here. A broadcast does not take the place of 25 messages in the queue of the
//! lights: the advice of the API's reference, ten commands a second to lights and one to groups, allows both at once.

use std::time::Duration;

use crate::clock::Moment;
use crate::limits::Limits;

/// How long one message to one lamp takes: 25 a second.
const MESSAGE: Duration = Duration::from_millis(40);
/// How long the mesh is busy with a broadcast.
const BROADCAST: Duration = Duration::from_secs(1);
/// How much may wait, "up to several seconds": beyond it commands are lost.
const LONGEST_QUEUE: Duration = Duration::from_secs(4);

/// What went over the radio since the bridge started, in messages; a group command or a scene recall is one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RadioTraffic {
    /// Taken into the queue: the lamps got them, or will when their turn comes.
    pub sent: u64,
    /// Those of them that could not go at once.
    pub delayed: u64,
    /// Dropped because the queue was full: no lamp ever gets them. The request was answered with a soft error.
    pub lost: u64,
    /// The longest time that a command waited for its turn.
    pub longest_delay: Duration,
}

/// The radio's queues, and the count of what went through them.
#[derive(Debug)]
pub(crate) struct Radio {
    limits: Limits,
    lights: Queue,
    broadcasts: Queue,
    traffic: RadioTraffic,
}

/// A queue that is served in order, at a steady pace.
#[derive(Debug)]
struct Queue {
    /// How long one message takes.
    pace: Duration,
    /// When the last message that was accepted has been sent.
    free: Moment,
}

impl Radio {
    pub(crate) fn new(limits: Limits) -> Self {
        let queue = |pace| Queue { pace, free: Moment::ZERO };
        Self { limits, lights: queue(MESSAGE), broadcasts: queue(BROADCAST), traffic: RadioTraffic::default() }
    }

    /// Sends a command of so many messages to one lamp; when it is its turn, or `None` if it is lost.
    pub(crate) fn send(&mut self, messages: u32, now: Moment) -> Option<Moment> {
        let free = self.limits == Limits::Off || messages == 0;
        let turn = if free { Some(now) } else { self.lights.accept(messages, now) };
        self.count(messages, now, turn)
    }

    /// Sends a command to many lamps at once; when it is its turn, or `None` if it is lost.
    pub(crate) fn broadcast(&mut self, now: Moment) -> Option<Moment> {
        let turn = if self.limits == Limits::Off { Some(now) } else { self.broadcasts.accept(1, now) };
        self.count(1, now, turn)
    }

    pub(crate) fn traffic(&self) -> RadioTraffic {
        self.traffic
    }

    fn count(&mut self, messages: u32, now: Moment, turn: Option<Moment>) -> Option<Moment> {
        let (traffic, messages) = (&mut self.traffic, u64::from(messages));
        let Some(turn) = turn else {
            traffic.lost += messages;
            return None;
        };
        let delay = turn.saturating_sub(now);
        traffic.sent += messages;
        traffic.delayed += if delay.is_zero() { 0 } else { messages };
        traffic.longest_delay = traffic.longest_delay.max(delay);
        Some(turn)
    }
}

impl Queue {
    /// Puts a command at the end, as a whole or not at all.
    fn accept(&mut self, messages: u32, now: Moment) -> Option<Moment> {
        let turn = self.free.max(now);
        let free = turn + self.pace * messages;
        if free > now + LONGEST_QUEUE {
            return None;
        }
        self.free = free;
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Moment {
        Duration::from_millis(millis)
    }

    #[test]
    fn twenty_five_messages_a_second_go_without_delay_for_ever() {
        let mut radio = Radio::new(Limits::Real);
        for command in 0..1000 {
            assert_eq!(radio.send(3, at(command * 120)), Some(at(command * 120)));
        }
        assert_eq!(radio.traffic(), RadioTraffic { sent: 3000, ..RadioTraffic::default() });
    }

    #[test]
    fn what_is_too_much_waits_up_to_four_seconds_and_then_is_lost() {
        let mut radio = Radio::new(Limits::Real);
        let turns: Vec<_> = (0..40).map(|_| radio.send(3, at(0))).collect();
        assert_eq!(turns[..3], [Some(at(0)), Some(at(120)), Some(at(240))]);
        assert_eq!(turns[32..34], [Some(at(3840)), None]);
        let traffic = RadioTraffic { sent: 99, delayed: 96, lost: 21, longest_delay: at(3840) };
        assert_eq!(radio.traffic(), traffic);
        assert_eq!(radio.send(1, at(0)), Some(at(3960)), "a small one still fits");
        assert_eq!(radio.send(3, at(2000)), Some(at(4000)), "there is room again");
    }

    #[test]
    fn groups_have_a_turn_a_second_and_do_not_hold_up_lights() {
        let mut radio = Radio::new(Limits::Real);
        let turns: Vec<_> = (0..6).map(|_| radio.broadcast(at(0)).map(|turn| turn.as_secs())).collect();
        assert_eq!(turns, [Some(0), Some(1), Some(2), Some(3), None, None]);
        assert_eq!(radio.send(3, at(0)), Some(at(0)));
        assert_eq!(radio.traffic().lost, 2);
    }

    #[test]
    fn without_limits_nothing_waits() {
        let mut radio = Radio::new(Limits::Off);
        assert!((0..1000).all(|_| radio.send(3, at(7)) == Some(at(7)) && radio.broadcast(at(7)) == Some(at(7))));
        assert_eq!(radio.traffic(), RadioTraffic { sent: 4000, ..RadioTraffic::default() });
    }
}
