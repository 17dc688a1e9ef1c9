//! The radio between the bridge and its lamps: its queues, and the commands that they delay or lose.
//!
//! Signify's "Hue System Performance" gives about 25 messages a second, one for each of on, brightness and colour, and
//! about one group command a second, which is a broadcast. Excess commands are kept for up to several seconds and then
//! dropped. There are two queues here, because a broadcast does not cost 25 messages in the queue of the lights: the
//! API's reference advises ten commands a second to lights and one to groups, both at once.

use std::time::Duration;

use super::clock::Moment;
use crate::limits::Limits;

/// The time that one message to one lamp takes: 25 a second.
const MESSAGE_AIRTIME: Duration = Duration::from_millis(40);
/// The time that a broadcast occupies the mesh.
const BROADCAST_AIRTIME: Duration = Duration::from_secs(1);
/// The length of a queue, "up to several seconds"; commands beyond it are lost.
const MAX_QUEUE_TIME: Duration = Duration::from_secs(4);

/// The messages over the radio since the bridge started. A group command or a scene recall counts as one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RadioTraffic {
    /// Counts the messages that were queued: the lamps got them, or get them when their turn comes.
    pub sent: u64,
    /// Counts the sent messages that could not go at once.
    pub delayed: u64,
    /// Counts the messages that were dropped because the queue was full. Their requests were answered with a soft error.
    pub lost: u64,
    /// The longest time that a command waited for its turn.
    pub longest_delay: Duration,
}

/// The radio, which queues commands and counts its traffic.
#[derive(Debug)]
pub(super) struct Radio {
    limits: Limits,
    lights: Queue,
    broadcasts: Queue,
    traffic: RadioTraffic,
}

/// A first-in, first-out queue that serves each message in the same time.
#[derive(Debug)]
struct Queue {
    /// The service time of one message.
    airtime: Duration,
    /// The time at which all queued messages have been sent.
    idle_at: Moment,
}

impl Radio {
    pub(super) fn new(limits: Limits) -> Self {
        let queue = |airtime| Queue { airtime, idle_at: Moment::ZERO };
        Self {
            limits,
            lights: queue(MESSAGE_AIRTIME),
            broadcasts: queue(BROADCAST_AIRTIME),
            traffic: RadioTraffic::default(),
        }
    }

    /// Sends a command of `messages` messages to one lamp. Returns the time of its turn, or `None` if it is lost.
    pub(super) fn send(&mut self, messages: u32, now: Moment) -> Option<Moment> {
        let is_immediate = self.limits == Limits::Off || messages == 0;
        let turn = if is_immediate { Some(now) } else { self.lights.push(messages, now) };
        self.count(messages, now, turn)
    }

    /// Sends a command to many lamps at once. Returns the time of its turn, or `None` if it is lost.
    pub(super) fn broadcast(&mut self, now: Moment) -> Option<Moment> {
        let turn = if self.limits == Limits::Off { Some(now) } else { self.broadcasts.push(1, now) };
        self.count(1, now, turn)
    }

    pub(super) fn traffic(&self) -> RadioTraffic {
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
    /// Queues a command as a whole or not at all, and returns the time of its turn.
    fn push(&mut self, messages: u32, now: Moment) -> Option<Moment> {
        let turn = self.idle_at.max(now);
        let idle_at = turn + self.airtime * messages;
        if idle_at > now + MAX_QUEUE_TIME {
            return None;
        }
        self.idle_at = idle_at;
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
