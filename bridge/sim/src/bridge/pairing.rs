//! Keeps the link button and the application keys.

use std::collections::HashSet;
use std::time::Duration;

use parking_lot::Mutex;

use crate::world::{BridgeClock, Moment};

/// The time after a press of the link button during which applications can pair.
const LINK_BUTTON_WINDOW: Duration = Duration::from_secs(30);
/// The characters that an application key may have.
const KEY_ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

/// The state that the link button has at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkButton {
    /// Held down: any application can pair at any time.
    Pressed,
    /// Not pressed: applications can pair for 30 seconds after each press.
    #[default]
    Released,
}

/// The link button, and the keys of the applications that have paired.
pub(crate) struct Pairing {
    clock: BridgeClock,
    state: Mutex<PairingState>,
}

struct PairingState {
    is_held: bool,
    last_press: Option<Moment>,
    keys: HashSet<String>,
}

impl Pairing {
    pub(crate) fn new(button: LinkButton, keys: Vec<String>, clock: BridgeClock) -> Self {
        let is_held = button == LinkButton::Pressed;
        let state = PairingState { is_held, last_press: None, keys: keys.into_iter().collect() };
        Self { clock, state: Mutex::new(state) }
    }

    pub(crate) fn press_link_button(&self) {
        self.state.lock().last_press = Some(self.clock.now());
    }

    pub(crate) fn is_registered(&self, key: &str) -> bool {
        self.state.lock().keys.contains(key)
    }

    /// True while applications can pair.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.state.lock();
        state.is_held || state.last_press.is_some_and(|press| self.clock.now() < press + LINK_BUTTON_WINDOW)
    }

    /// Registers a new application and returns its key.
    pub(crate) fn register(&self) -> String {
        let key = random_text(KEY_ALPHABET, 40);
        self.state.lock().keys.insert(key.clone());
        key
    }

    /// Generates the key for entertainment streams, which the simulator does not serve.
    pub(crate) fn generate_client_key() -> String {
        random_text(b"0123456789ABCDEF", 32)
    }
}

fn random_text(alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(alphabet[rand::random_range(0..alphabet.len())])).collect()
}
