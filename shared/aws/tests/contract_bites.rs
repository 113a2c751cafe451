//! The contracts themselves: an honest adapter in memory passes, and each way to break the contract is
//! noticed. What a contract does not notice it does not demand.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use manifold_aws::contract;
use manifold_domain::ports::{MAX_DELAY, PortError, Queue, QueueName, Received, Secrets, Vault};

/// How the adapter in memory breaks the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    IgnoresDelay,
    HidesNothing,
    NeverShowsAgain,
    CountsNothing,
    OneReceiptForAll,
    DeletesByStaleReceipt,
    DeletesNothing,
    TakesAnyDelay,
    TakesAnySize,
    MixesQueues,
    NewIds,
    ElevenAtOnce,
}

struct Message {
    id: u64,
    queue: QueueName,
    body: String,
    visible_at: Duration,
    receipts: Vec<String>,
}

#[derive(Default)]
struct State {
    now: Duration,
    serial: u64,
    messages: Vec<Message>,
}

impl State {
    fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

struct Memory {
    flaw: Flaw,
    state: Mutex<State>,
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics with the lock")
    }
}

#[async_trait]
impl Queue for Memory {
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        if (delay > MAX_DELAY && self.flaw != Flaw::TakesAnyDelay)
            || (body.len() > 1024 * 1024 && self.flaw != Flaw::TakesAnySize)
        {
            return Err(PortError::Refused("too much".to_owned()));
        }
        let mut state = self.state();
        let id = state.next();
        let delay = if self.flaw == Flaw::IgnoresDelay {
            Duration::ZERO
        } else {
            delay
        };
        // A flaw that takes too long a delay must be seen at once, not after it.
        let visible_at = if delay > MAX_DELAY {
            Duration::ZERO
        } else {
            state.now + delay
        };
        state.messages.push(Message {
            id,
            queue,
            body: body.to_owned(),
            visible_at,
            receipts: Vec::new(),
        });
        Ok(())
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let mut guard = self.state();
        let state = &mut *guard;
        let most = if self.flaw == Flaw::ElevenAtOnce { 11 } else { most };
        let mut taken = Vec::new();
        for message in &mut state.messages {
            let here = message.queue == queue || self.flaw == Flaw::MixesQueues;
            if !here || message.visible_at > state.now || taken.len() == most {
                continue;
            }
            state.serial += 1;
            let serial = if self.flaw == Flaw::OneReceiptForAll {
                message.id
            } else {
                state.serial
            };
            message.receipts.push(serial.to_string());
            message.visible_at = match self.flaw {
                Flaw::HidesNothing => state.now,
                Flaw::NeverShowsAgain => Duration::MAX,
                _ => state.now + visibility,
            };
            let count = u32::try_from(message.receipts.len()).expect("few");
            taken.push(Received {
                message_id: if self.flaw == Flaw::NewIds {
                    state.serial
                } else {
                    message.id
                }
                .to_string(),
                receipt: serial.to_string(),
                body: message.body.clone(),
                receive_count: if self.flaw == Flaw::CountsNothing {
                    1
                } else {
                    count
                },
            });
        }
        Ok(taken)
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), PortError> {
        let flaw = self.flaw;
        self.state().messages.retain(|message| {
            let hit = match flaw {
                Flaw::DeletesNothing => false,
                Flaw::DeletesByStaleReceipt => message.receipts.iter().any(|each| each == receipt),
                _ => message.receipts.last().is_some_and(|each| each == receipt),
            };
            message.queue != queue || !hit
        });
        Ok(())
    }
}

/// Whether the contract is content with an adapter of this flaw.
fn queue_passes(flaw: Flaw, stale: contract::Stale) -> bool {
    let memory = Arc::new(Memory {
        flaw,
        state: Mutex::default(),
    });
    let run = async {
        let pass = async |time: Duration| memory.state().now += time;
        contract::queue(&*memory, QueueName::Sync, QueueName::Deliver, stale, pass).await;
    };
    passes(run)
}

fn passes(run: impl Future<Output = ()>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(run))).is_ok()
}

#[test]
fn the_queue_contract_bites() {
    use Flaw::*;
    assert!(queue_passes(None, contract::Stale::Kept));
    assert!(queue_passes(None, contract::Stale::Unchecked));
    assert!(queue_passes(DeletesByStaleReceipt, contract::Stale::Unchecked));
    for flaw in [
        IgnoresDelay,
        HidesNothing,
        NeverShowsAgain,
        CountsNothing,
        OneReceiptForAll,
        DeletesByStaleReceipt,
        DeletesNothing,
        TakesAnyDelay,
        TakesAnySize,
        MixesQueues,
        NewIds,
        ElevenAtOnce,
    ] {
        assert!(
            !queue_passes(flaw, contract::Stale::Kept),
            "{flaw:?} is not noticed"
        );
    }
}

/// How the vault in memory spells names and treats secrets.
struct Drawer {
    spell: fn(&str) -> String,
    merges: bool,
    fails_twice: bool,
    secrets: Mutex<BTreeMap<String, Secrets>>,
}

#[async_trait]
impl Vault for Drawer {
    async fn put(&self, name: &str, secrets: &Secrets) -> Result<(), PortError> {
        let mut all = self.secrets.lock().expect("nothing panics with the lock");
        let entry = all.entry((self.spell)(name)).or_default();
        if !self.merges {
            entry.clear();
        }
        entry.extend(secrets.iter().map(|(key, value)| (key.clone(), value.clone())));
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Secrets>, PortError> {
        Ok(self
            .secrets
            .lock()
            .expect("nothing panics with the lock")
            .get(&(self.spell)(name))
            .cloned())
    }

    async fn destroy(&self, name: &str) -> Result<(), PortError> {
        let gone = self
            .secrets
            .lock()
            .expect("nothing panics with the lock")
            .remove(&(self.spell)(name));
        match gone {
            None if self.fails_twice => Err(PortError::Refused("nothing there".to_owned())),
            _ => Ok(()),
        }
    }
}

#[test]
fn the_vault_contract_bites() {
    let check = |spell: fn(&str) -> String, merges, fails_twice| {
        let drawer = Drawer {
            spell,
            merges,
            fails_twice,
            secrets: Mutex::default(),
        };
        passes(contract::vault(&drawer, "conn_1"))
    };
    assert!(check(str::to_owned, false, false));
    assert!(!check(str::to_owned, true, false), "merging is not noticed");
    assert!(
        !check(str::to_owned, false, true),
        "failing to destroy twice is not noticed"
    );
    assert!(
        !check(|name| name.replace('#', "/"), false, false),
        "mixed up names are not noticed"
    );
    assert!(
        !check(|name| name.replace(['#', ' ', 'é'], "_"), false, false),
        "mixed up names are not noticed"
    );
}
