//! The due index: rows that want attention at a time, in shards that the minute schedule reads.
//!
//! A row is due while it has both attributes. The index lags behind the table and holds keys only:
//! whoever finds a row there reads the row itself before doing anything.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{
    Change, Row, Store, StoreError,
    keys::{DUE_SHARDS, Key},
    rows::key_of,
    store_error,
    transact::patiently,
};

/// Name of the index.
pub const INDEX: &str = "due";
/// Attribute: which shard of the index the row is in.
pub const SHARD: &str = "due_shard";
/// Attribute: milliseconds from which on the row wants attention.
pub const AT: &str = "due_at";

/// What kind of work a due row is, from its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A sync wants to run, or its lease ended.
    Sync {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// Model.
        model: String,
    },
    /// A system that is down wants to be tried, or came back.
    Probe {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// The connection's generation.
        generation: u64,
    },
    /// What a disconnect left to do.
    Cleanup {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// The generation that was disconnected.
        generation: u64,
    },
    /// Data of an old epoch to delete.
    Erase {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// The epoch whose data goes.
        epoch: u64,
    },
    /// A secret in the vault that may belong to nobody.
    Intent {
        /// Workspace.
        ws: String,
        /// The secret's name.
        vault_name: String,
    },
    /// A sign-in that holds what was typed, and from which nobody may come back.
    SignIn {
        /// Workspace.
        ws: String,
        /// Link session.
        link: String,
        /// Sign-in.
        sign_in: String,
    },
    /// An attempt to connect that nobody works on any more.
    Attempt {
        /// Workspace.
        ws: String,
        /// Link session.
        link: String,
        /// Attempt.
        attempt: String,
    },
    /// An event that may not have been handed to every endpoint yet.
    Event {
        /// Workspace.
        ws: String,
        /// Event.
        event: String,
    },
    /// An endpoint with deliveries whose turn has come.
    Lane {
        /// Workspace.
        ws: String,
        /// Endpoint.
        endpoint: String,
    },
    /// A range of events that is sent again.
    Replay {
        /// Workspace.
        ws: String,
        /// Endpoint.
        endpoint: String,
        /// Replay.
        replay: String,
    },
    /// Changes of a model that were not announced as events yet.
    Announcement {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// Data epoch.
        epoch: u64,
        /// Model.
        model: String,
    },
}

impl Due {
    /// The work that a key stands for; `None` for a key of anything else.
    #[must_use]
    pub fn of(key: &Key) -> Option<Due> {
        let rest = key.pk.strip_prefix("ws#")?;
        let Some((ws, under)) = rest.split_once('#') else {
            let vault_name = key.sk.strip_prefix("intent#")?;
            return Some(Due::Intent {
                ws: rest.to_owned(),
                vault_name: vault_name.to_owned(),
            });
        };
        let ws = ws.to_owned();
        match under {
            "events" => {
                let event = key.sk.clone();
                return Some(Due::Event { ws, event });
            }
            "endpoints" => {
                let endpoint = key.sk.strip_suffix("#lane")?.to_owned();
                return Some(Due::Lane { ws, endpoint });
            }
            "replays" => {
                let (endpoint, replay) = key.sk.split_once('#')?;
                return Some(Due::Replay {
                    ws,
                    endpoint: endpoint.to_owned(),
                    replay: replay.to_owned(),
                });
            }
            _ => {}
        }
        let (kind, id) = under.split_once('#')?;
        let id = id.to_owned();
        if kind == "lnk" && key.sk.starts_with("sgn_") {
            return Some(Due::SignIn {
                ws,
                link: id,
                sign_in: key.sk.clone(),
            });
        }
        if kind == "lnk" {
            return Some(Due::Attempt {
                ws,
                link: id,
                attempt: key.sk.clone(),
            });
        }
        let (work, which) = key.sk.split_once('#').filter(|_| kind == "conn")?;
        match work {
            "sync" => Some(Due::Sync {
                ws,
                conn: id,
                model: which.to_owned(),
            }),
            "probe" => Some(Due::Probe {
                ws,
                conn: id,
                generation: which.parse().ok()?,
            }),
            "cleanup" => Some(Due::Cleanup {
                ws,
                conn: id,
                generation: which.parse().ok()?,
            }),
            "erase" => Some(Due::Erase {
                ws,
                conn: id,
                epoch: which.parse().ok()?,
            }),
            "announce" => {
                let (epoch, model) = which.split_once('#')?;
                Some(Due::Announcement {
                    ws,
                    conn: id,
                    epoch: epoch.parse().ok()?,
                    model: model.to_owned(),
                })
            }
            _ => None,
        }
    }
}

/// The shard of a row: by hash of its whole key, so that a connection's models spread.
#[must_use]
pub fn shard_of(key: &Key) -> String {
    let hash = xxhash_rust::xxh3::xxh3_64(format!("{}\n{}", key.pk, key.sk).as_bytes());
    (hash % u64::from(DUE_SHARDS)).to_string()
}

impl Change {
    /// Makes the row want attention at a time.
    #[must_use]
    pub fn due(self, key: &Key, at: Timestamp) -> Self {
        self.set(SHARD, shard_of(key)).set(AT, at)
    }

    /// The row wants no attention any more.
    #[must_use]
    pub fn not_due(self) -> Self {
        self.remove(SHARD).remove(AT)
    }
}

/// The two attributes that make a row due, for a row that is written whole.
#[must_use]
pub fn attributes(key: &Key, at: Timestamp) -> super::Item {
    use super::expression::Value as _;
    super::Item::from([
        (SHARD.to_owned(), shard_of(key).attribute()),
        (AT.to_owned(), at.attribute()),
    ])
}

/// A due row as the index shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueKey {
    /// Key of the row itself.
    pub key: Key,
    /// When it wanted attention, as far as the index knows.
    pub at: Timestamp,
}

impl Store {
    /// At most `limit` rows of one shard that are due until `until`, the longest waiting first.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`].
    pub async fn due(&self, shard: u8, until: Timestamp, limit: usize) -> Result<Vec<DueKey>, StoreError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        patiently(|| async {
            let answer = self
                .client
                .query()
                .table_name(&self.state)
                .index_name(INDEX)
                .key_condition_expression("due_shard = :shard AND due_at <= :until")
                .expression_attribute_values(":shard", AttributeValue::S(shard.to_string()))
                .expression_attribute_values(":until", AttributeValue::N(until.as_millisecond().to_string()))
                .limit(limit)
                .send()
                .await
                .map_err(|error| store_error(Row::Sync, error))?;
            let rows = answer.items.unwrap_or_default();
            Ok(rows
                .iter()
                .filter_map(|item| {
                    Some(DueKey {
                        key: key_of(item),
                        at: at_of(item)?,
                    })
                })
                .collect())
        })
        .await
    }
}

fn at_of(item: &super::Item) -> Option<Timestamp> {
    Timestamp::from_millisecond(item.get(AT)?.as_n().ok()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keys;

    #[test]
    fn a_due_row_says_by_its_key_what_is_to_be_done() {
        let (ws, conn) = ("ws_1".to_owned(), "conn_1".to_owned());
        let check = |key: Key, expected: Option<Due>| assert_eq!(Due::of(&key), expected, "{key:?}");
        let sync = Due::Sync {
            ws: ws.clone(),
            conn: conn.clone(),
            model: "vendor".to_owned(),
        };
        check(keys::sync(&ws, &conn, "vendor"), Some(sync));
        let probe = Due::Probe {
            ws: ws.clone(),
            conn: conn.clone(),
            generation: 7,
        };
        check(keys::probe(&ws, &conn, 7), Some(probe));
        let cleanup = Due::Cleanup {
            ws: ws.clone(),
            conn: conn.clone(),
            generation: 7,
        };
        check(keys::cleanup(&ws, &conn, 7), Some(cleanup));
        let erase = Due::Erase {
            ws: ws.clone(),
            conn: conn.clone(),
            epoch: 3,
        };
        check(keys::erase(&ws, &conn, 3), Some(erase));
        let vault_name = "conn_1#1#1".to_owned();
        check(
            keys::vault_intent(&ws, &vault_name),
            Some(Due::Intent {
                ws: ws.clone(),
                vault_name,
            }),
        );
        let attempt = Due::Attempt {
            ws: ws.clone(),
            link: "lnk_1".to_owned(),
            attempt: "att_1".to_owned(),
        };
        check(keys::attempt(&ws, "lnk_1", "att_1"), Some(attempt));
        let sign_in = Due::SignIn {
            ws: ws.clone(),
            link: "lnk_1".to_owned(),
            sign_in: "sgn_1".to_owned(),
        };
        check(keys::sign_in(&ws, "lnk_1", "sgn_1"), Some(sign_in));
        let event = Due::Event {
            ws: ws.clone(),
            event: "evt_1".to_owned(),
        };
        check(keys::event(&ws, "evt_1"), Some(event));
        let lane = Due::Lane {
            ws: ws.clone(),
            endpoint: "ep_1".to_owned(),
        };
        check(keys::lane(&ws, "ep_1"), Some(lane));
        let replay = Due::Replay {
            ws: ws.clone(),
            endpoint: "ep_1".to_owned(),
            replay: "rpl_1".to_owned(),
        };
        check(keys::replay(&ws, "ep_1", "rpl_1"), Some(replay));
        let announcement = Due::Announcement {
            ws: ws.clone(),
            conn: conn.clone(),
            epoch: 2,
            model: "purchase_order".to_owned(),
        };
        check(
            keys::announcement(&ws, &conn, 2, "purchase_order"),
            Some(announcement),
        );
        for other in [
            keys::workspace(&ws),
            keys::endpoint(&ws, "ep_1"),
            keys::delivery(&ws, "ep_1", "dlv_1"),
            keys::turn(&ws, "ep_1", Timestamp::UNIX_EPOCH, "dlv_1", 1),
            keys::connection(&ws, &conn),
            keys::host(&ws, "fake_erp@erp.example.com:443"),
            keys::link(&ws, "lnk_1"),
            keys::access_token(&ws, &conn, 1),
            keys::token("hash"),
            keys::timeline(&ws, &conn, Timestamp::UNIX_EPOCH, "tl_1"),
        ] {
            check(other, None);
        }
    }

    #[test]
    fn every_shard_is_one_that_the_schedule_reads() {
        for number in 0..200 {
            let shard: u8 = shard_of(&keys::sync("ws_1", "conn_1", &format!("model_{number}")))
                .parse()
                .unwrap();
            assert!(shard < DUE_SHARDS);
        }
    }
}
