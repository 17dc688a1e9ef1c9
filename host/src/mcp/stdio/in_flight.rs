//! The requests under way: an id belongs to one of them at a time.
//!
//! rmcp keeps an entry per id, and a second request with an id takes over the first one's entry. So requests go to rmcp
//! under numbers, which are never used twice. A late answer to a cancelled request thereby meets nobody else's number.

use std::collections::HashMap;

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, GetMeta as _, JsonRpcMessage, RequestId, ServerJsonRpcMessage,
    ServerResult,
};

use super::parse::Refusal;

/// The requests of one client that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    last_number: i64,
    /// The number of each client's id.
    numbers: HashMap<RequestId, RequestId>,
    /// The client's id of each number.
    ids: HashMap<RequestId, RequestId>,
}

impl InFlight {
    /// Puts numbers in the place of ids in a client's message, and registers a request.
    ///
    /// Returns `None` for a cancellation of nothing.
    ///
    /// # Errors
    /// If another request with the id of this one is under way.
    pub(super) fn number(
        &mut self,
        mut message: ClientJsonRpcMessage,
    ) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
        match &mut message {
            JsonRpcMessage::Request(request) if self.contains(&request.id) => {
                return Err(Refusal::of_twin(&request.id, request.request.method()));
            }
            JsonRpcMessage::Request(request) => request.id = self.begin(request.id.clone()),
            JsonRpcMessage::Notification(sent) => {
                if let ClientNotification::CancelledNotification(cancelled) = &mut sent.notification
                    && let Some(id) = &mut cancelled.params.request_id
                {
                    let Some(number) = self.cancel(id) else { return Ok(None) };
                    *id = number;
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        Ok(Some(message))
    }

    /// Puts the client's ids in the place of numbers in a message to it, and removes an answered request.
    ///
    /// Returns `None` for a message about a request that is no longer under way.
    pub(super) fn restore(&mut self, mut message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        match &mut message {
            JsonRpcMessage::Response(response) => {
                response.id = self.end(&response.id)?;
                if let ServerResult::SubscriptionsListenResult(listen) = &mut response.result {
                    listen.meta.set_subscription_id(response.id.clone());
                }
            }
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &mut error.id {
                    *id = self.end(id)?;
                }
            }
            JsonRpcMessage::Notification(sent) => {
                if let Some(number) = sent.notification.get_meta().subscription_id() {
                    let id = self.ids.get(&number)?.clone();
                    sent.notification.get_meta_mut().set_subscription_id(id);
                }
            }
            JsonRpcMessage::Request(_) => {}
        }
        Some(message)
    }

    /// Tells whether a request with this id is under way.
    pub(super) fn contains(&self, id: &RequestId) -> bool {
        self.numbers.contains_key(id)
    }

    /// Counts the requests under way.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Removes every request and returns the ids.
    pub(super) fn take_ids(&mut self) -> Vec<RequestId> {
        self.numbers.clear();
        self.ids.drain().map(|(_, id)| id).collect()
    }

    fn begin(&mut self, id: RequestId) -> RequestId {
        self.last_number += 1;
        let number = RequestId::Number(self.last_number);
        tracing::debug!(%id, %number, "the log of rmcp names this request by its number");
        self.numbers.insert(id.clone(), number.clone());
        self.ids.insert(number.clone(), id);
        number
    }

    fn end(&mut self, number: &RequestId) -> Option<RequestId> {
        let id = self.ids.remove(number)?;
        self.numbers.remove(&id);
        Some(id)
    }

    fn cancel(&mut self, id: &RequestId) -> Option<RequestId> {
        let number = self.numbers.remove(id)?;
        self.ids.remove(&number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::{collection::vec, prelude::*};
    use rmcp::{
        ErrorData,
        model::{JsonRpcMessage, RequestId, ServerJsonRpcMessage},
    };
    use serde_json::{Value, json};

    use super::InFlight;

    /// Lets a request begin, and returns its number, or `None` if it is refused.
    fn begin(in_flight: &mut InFlight, id: &Value) -> Option<RequestId> {
        let message = serde_json::from_value(json!({"jsonrpc": "2.0", "id": id, "method": "ping"})).unwrap();
        match in_flight.number(message) {
            Ok(Some(JsonRpcMessage::Request(request))) => Some(request.id),
            _ => None,
        }
    }

    /// Lets the client cancel a request, and returns the number that is cancelled.
    fn cancel(in_flight: &mut InFlight, id: &Value) -> Option<Value> {
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        let message = in_flight.number(serde_json::from_value(cancelled).unwrap()).unwrap()?;
        Some(serde_json::to_value(message).unwrap()["params"]["requestId"].clone())
    }

    /// Lets an answer pass, and returns the id that the client sees.
    fn answer(in_flight: &mut InFlight, number: &RequestId) -> Option<Value> {
        let answer = ServerJsonRpcMessage::error(ErrorData::internal_error("", None), Some(number.clone()));
        Some(serde_json::to_value(in_flight.restore(answer)?).unwrap()["id"].clone())
    }

    #[test]
    fn one_id_is_one_id_however_it_is_written() {
        for (first, second, is_same) in [
            (json!(7), json!(7), true),
            (json!(7), json!(7.0), true),
            (json!(7), json!("7"), false),
            (json!("7"), json!("7.0"), false),
            (json!(7), json!(8), false),
        ] {
            let mut in_flight = InFlight::default();
            assert!(begin(&mut in_flight, &first).is_some());
            assert_eq!(begin(&mut in_flight, &second).is_none(), is_same, "{first} and {second}");
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Begin(u8),
        Cancel(u8),
        /// The answer to one of the requests so far, of which some are answered or cancelled already.
        Answer(prop::sample::Index),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..4_u8).prop_map(Step::Begin),
            (0..4_u8).prop_map(Step::Cancel),
            any::<prop::sample::Index>().prop_map(Step::Answer),
        ];
        vec(step, 0..60)
    }

    proptest! {
        #[test]
        fn every_request_gets_its_own_answer_and_at_most_one(steps in steps()) {
            let mut in_flight = InFlight::default();
            let (mut all, mut open) = (Vec::<(RequestId, u8)>::new(), HashSet::<RequestId>::new());
            for step in steps {
                let under_way = |id: u8, open: &HashSet<RequestId>| {
                    all.iter().find(|(number, its)| *its == id && open.contains(number)).map(|(number, _)| number.clone())
                };
                match step {
                    Step::Begin(id) => {
                        let (twin, begun) = (under_way(id, &open), begin(&mut in_flight, &json!(id)));
                        prop_assert_eq!(begun.is_none(), twin.is_some());
                        if let Some(number) = begun {
                            prop_assert!(open.insert(number.clone()));
                            all.push((number, id));
                        }
                    }
                    Step::Cancel(id) => {
                        let twin = under_way(id, &open);
                        let cancelled = cancel(&mut in_flight, &json!(id));
                        prop_assert_eq!(cancelled, twin.as_ref().map(|number| serde_json::to_value(number).unwrap()));
                        open.retain(|number| Some(number) != twin.as_ref());
                    }
                    Step::Answer(_) if all.is_empty() => {}
                    Step::Answer(which) => {
                        let (number, id) = which.get(&all);
                        let expected = open.remove(number).then(|| json!(id));
                        prop_assert_eq!(answer(&mut in_flight, number), expected);
                    }
                }
                prop_assert_eq!(in_flight.len(), open.len());
            }
        }
    }
}
