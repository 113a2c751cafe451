//! Runs transactions, and retries what DynamoDB could not do just now: here and nowhere else.
//!
//! The client that the store is given makes no retries of its own, so that attempts do not multiply.

use std::{future::Future, time::Duration};

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use serde::Serialize;

use super::{
    Change, Item, Row, Store, StoreError, Table, When, cancellation, expression::Placeholders, keys::Key,
    rows::to_row, store_error,
};
use crate::ports::QueueName;

/// Tries of one call, the first included.
const TRIES: u32 = 10;
/// The longest wait before the second try; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(20);
/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Rows that are written together or not at all; at most 100, 4 MB in all.
#[derive(Debug, Default)]
pub struct Transaction {
    items: Vec<(Row, Write)>,
    wakes: Vec<(QueueName, String)>,
}

#[derive(Debug, Clone)]
struct Write {
    table: Table,
    key: Key,
    when: When,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    Check,
    Put(Item),
    Update(Change),
    Delete,
}

impl Transaction {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses the whole transaction unless the row is as `when` says.
    pub fn check(&mut self, row: Row, table: Table, key: Key, when: When) -> &mut Self {
        self.push(row, table, key, when, Action::Check)
    }

    /// Writes a whole row: `value`'s fields beside the key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when `value` has no form as a row.
    pub fn put<T: Serialize>(
        &mut self,
        row: Row,
        table: Table,
        key: Key,
        value: &T,
        when: When,
    ) -> Result<&mut Self, StoreError> {
        let item = to_row(&key, value)?;
        Ok(self.push(row, table, key, when, Action::Put(item)))
    }

    /// Writes a row that is an item already; its key attributes are set from `key`.
    pub fn put_item(&mut self, row: Row, table: Table, key: Key, mut item: Item, when: When) -> &mut Self {
        item.extend(key.attributes());
        self.push(row, table, key, when, Action::Put(item))
    }

    /// Changes attributes of a row.
    pub fn update(&mut self, row: Row, table: Table, key: Key, change: Change, when: When) -> &mut Self {
        self.push(row, table, key, when, Action::Update(change))
    }

    /// Removes a row.
    pub fn delete(&mut self, row: Row, table: Table, key: Key, when: When) -> &mut Self {
        self.push(row, table, key, when, Action::Delete)
    }

    /// Remembers a message that is worth sending once the rows are written. The rows that it is about are due, so
    /// that nothing depends on it.
    pub fn wake(&mut self, queue: QueueName, body: String) -> &mut Self {
        self.wakes.push((queue, body));
        self
    }

    /// Takes the messages that are worth sending once the rows are written.
    pub(crate) fn take_wakes(&mut self) -> Vec<(QueueName, String)> {
        std::mem::take(&mut self.wakes)
    }

    /// How many rows it touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it touches none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn push(&mut self, row: Row, table: Table, key: Key, when: When, action: Action) -> &mut Self {
        self.items.push((
            row,
            Write {
                table,
                key,
                when,
                action,
            },
        ));
        self
    }
}

impl Store {
    /// Writes all or nothing.
    ///
    /// Every try carries the same token, so that a try whose answer was lost is not done twice.
    ///
    /// # Errors
    /// [`StoreError::Condition`] names the first row whose condition did not hold; [`StoreError::Busy`]
    /// when ten tries met other transactions.
    pub async fn transact(&self, transaction: Transaction) -> Result<(), StoreError> {
        let rows: Vec<Row> = transaction.items.iter().map(|(row, _)| *row).collect();
        let items: Vec<TransactWriteItem> = transaction
            .items
            .into_iter()
            .map(|(row, write)| write.build(self, row))
            .collect::<Result<_, _>>()?;
        let token = uuid::Uuid::new_v4().to_string();
        patiently(|| async {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .client_request_token(&token)
                .send()
                .await;
            let Err(error) = sent else { return Ok(()) };
            let reasons = cancellation(&error);
            let refused = reasons
                .iter()
                .position(|reason| reason.code() == Some("ConditionalCheckFailed"));
            if let Some(row) = refused.and_then(|at| rows.get(at)) {
                return Err(StoreError::Condition(*row));
            }
            let busy = |code: &str| {
                matches!(
                    code,
                    "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                )
            };
            if reasons.iter().filter_map(|reason| reason.code()).any(busy) {
                return Err(StoreError::Busy);
            }
            Err(store_error(Row::Workspace, error))
        })
        .await
    }
}

impl Write {
    fn build(self, store: &Store, row: Row) -> Result<TransactWriteItem, StoreError> {
        let table = store.table(self.table);
        let mut placeholders = Placeholders::default();
        let condition = self.when.render(&mut placeholders);
        let unbuilt = |error: aws_sdk_dynamodb::error::BuildError| {
            StoreError::Unavailable(format!("the write of the {row} row cannot be built: {error}"))
        };
        let item = TransactWriteItem::builder();
        let item = match self.action {
            Action::Check => {
                let (names, values) = placeholders.split();
                item.condition_check(
                    ConditionCheck::builder()
                        .table_name(table)
                        .set_key(Some(self.key.attributes()))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .build()
                        .map_err(unbuilt)?,
                )
            }
            Action::Put(row_item) => {
                let (names, values) = placeholders.split();
                item.put(
                    Put::builder()
                        .table_name(table)
                        .set_item(Some(row_item))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .build()
                        .map_err(unbuilt)?,
                )
            }
            Action::Update(change) => {
                let update = change.render(&mut placeholders);
                let (names, values) = placeholders.split();
                item.update(
                    Update::builder()
                        .table_name(table)
                        .set_key(Some(self.key.attributes()))
                        .update_expression(update)
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .build()
                        .map_err(unbuilt)?,
                )
            }
            Action::Delete => {
                let (names, values) = placeholders.split();
                item.delete(
                    Delete::builder()
                        .table_name(table)
                        .set_key(Some(self.key.attributes()))
                        .set_condition_expression(condition)
                        .set_expression_attribute_names(names)
                        .set_expression_attribute_values(values)
                        .build()
                        .map_err(unbuilt)?,
                )
            }
        };
        Ok(item.build())
    }
}

/// Repeats a call that met another one or was throttled, with full jitter, a bounded number of times.
///
/// Waits pass through tokio's clock.
pub(crate) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut longest = FIRST_WAIT;
    for _ in 1..TRIES {
        match call().await {
            Err(StoreError::Busy) => tokio::time::sleep(up_to(longest)).await,
            done => return done,
        }
        longest = (longest * 2).min(LONGEST_WAIT);
    }
    call().await
}

/// Evenly spread between nothing and `longest`: contention needs no floor, only that nobody keeps step.
fn up_to(longest: Duration) -> Duration {
    let mut random = [0; 4];
    // A wait that is not random is still a wait.
    if getrandom::fill(&mut random).is_err() {
        return longest;
    }
    longest / u32::from(u16::MAX) * u32::from(u16::from_le_bytes([random[0], random[1]]))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{store::keys, testing::empty_store};

    #[tokio::test(start_paused = true)]
    async fn t30_what_meets_others_is_tried_again_and_not_for_ever() {
        let tries = Cell::new(0);
        let third = patiently(|| {
            tries.set(tries.get() + 1);
            let tried = tries.get();
            async move {
                if tried < 3 {
                    Err(StoreError::Busy)
                } else {
                    Ok(tried)
                }
            }
        });
        assert_eq!(third.await.unwrap(), 3);
        let begun = tokio::time::Instant::now();
        tries.set(0);
        let never = patiently(|| {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(StoreError::Busy) }
        });
        assert!(matches!(never.await, Err(StoreError::Busy)));
        assert_eq!(tries.get(), TRIES);
        assert!(begun.elapsed() <= Duration::from_secs(6), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_not_tried_again() {
        let tries = Cell::new(0);
        let refused = patiently(|| {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(StoreError::Condition(Row::Token)) }
        });
        assert!(matches!(refused.await, Err(StoreError::Condition(Row::Token))));
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test]
    async fn the_first_row_that_refuses_is_named_and_nothing_is_written() {
        let (store, _server) = empty_store().await;
        let (first, second) = (keys::workspace("a"), keys::workspace("b"));
        let mut transaction = Transaction::new();
        transaction.update(
            Row::Workspace,
            Table::State,
            first.clone(),
            Change::new().set("n", 1_u64),
            When::always(),
        );
        transaction.update(
            Row::Link,
            Table::State,
            second.clone(),
            Change::new().add("n", 1),
            When::always().any_of([When::row_exists().eq("n", 1_u64), When::always().exists("other")]),
        );
        let refused = store.transact(transaction).await;
        assert!(
            matches!(refused, Err(StoreError::Condition(Row::Link))),
            "{refused:?}"
        );
        assert!(
            store
                .get_item(Row::Workspace, Table::State, &first)
                .await
                .unwrap()
                .is_none()
        );

        let mut transaction = Transaction::new();
        transaction.update(
            Row::Link,
            Table::State,
            second.clone(),
            Change::new().add("n", 1),
            When::new_row(),
        );
        transaction.check(Row::Workspace, Table::State, first, When::new_row());
        assert_eq!((transaction.len(), transaction.is_empty()), (2, false));
        store.transact(transaction).await.unwrap();
        assert!(
            store
                .get_item(Row::Link, Table::State, &second)
                .await
                .unwrap()
                .is_some()
        );
    }

    #[tokio::test]
    async fn writers_of_one_row_all_get_through_once() {
        let (store, _server) = empty_store().await;
        let key = keys::workspace("a");
        let add = || async {
            let mut transaction = Transaction::new();
            transaction.update(
                Row::Workspace,
                Table::State,
                key.clone(),
                Change::new().add("n", 1),
                When::always(),
            );
            store.transact(transaction).await
        };
        for done in futures_util::future::join_all((0..20).map(|_| add())).await {
            done.unwrap();
        }
        let row = store
            .get_item(Row::Workspace, Table::State, &key)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row["n"].as_n().unwrap(), "20");
    }
}
