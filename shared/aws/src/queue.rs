//! The queue port over SQS.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    operation::{delete_message::DeleteMessageError, send_message::SendMessageError},
    types::MessageSystemAttributeName,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use manifold_domain::ports::{MAX_DELAY, PortError, Queue, QueueName, Received};

use crate::fault::{Telling, reason};

/// The largest message that SQS takes, in bytes. Ours hold ids and stay far below.
pub const MAX_BODY: usize = 1024 * 1024;

/// A message becomes invisible for twelve hours at most.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);

/// [`Queue`] over SQS standard queues.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    urls: BTreeMap<QueueName, String>,
}

impl SqsQueue {
    /// A queue port that knows the given queues; a function is given the URLs that its role may use.
    #[must_use]
    pub fn new(client: Client, urls: BTreeMap<QueueName, String>) -> Self {
        Self { client, urls }
    }

    fn url(&self, queue: QueueName) -> Result<&str, PortError> {
        let url = self.urls.get(&queue).map(String::as_str);
        url.ok_or_else(|| {
            PortError::Refused(format!(
                "this function was given no URL of the queue {}",
                queue.as_str()
            ))
        })
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        let url = self.url(queue)?;
        // Refused here too, since not every stand-in of SQS refuses what SQS refuses.
        if delay > MAX_DELAY {
            return Err(PortError::Refused(format!(
                "a delay of {delay:?} is over {MAX_DELAY:?}"
            )));
        }
        if body.is_empty() || body.len() > MAX_BODY {
            return Err(PortError::Refused(format!("a message of {} bytes", body.len())));
        }
        let call = self
            .client
            .send_message()
            .queue_url(url)
            .message_body(body)
            .delay_seconds(seconds(delay));
        call.send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(SendMessageError::InvalidMessageContents(_)) => {
                    PortError::Refused("the message has characters that SQS does not take".to_owned())
                }
                _ => unavailable(&error),
            })?;
        Ok(())
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let url = self.url(queue)?;
        let most = i32::try_from(most.clamp(1, 10)).unwrap_or(10);
        let call = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(most)
            .visibility_timeout(seconds(visibility.min(MAX_VISIBILITY)))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
        let answer = call.send().await.map_err(|error| unavailable(&error))?;
        Ok(answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(received)
            .collect())
    }

    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), PortError> {
        let url = self.url(queue)?;
        match self
            .client
            .delete_message()
            .queue_url(url)
            .receipt_handle(receipt)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteMessageError::ReceiptHandleIsInvalid(_)) => Ok(()),
                // SQS says so of a receipt that has expired.
                Some(other) if other.code() == Some("InvalidParameterValue") => Ok(()),
                _ => Err(unavailable(&error)),
            },
        }
    }
}

/// Whole seconds, rounded up: what is due in half a second is not due now.
fn seconds(duration: Duration) -> i32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

/// A message without id, receipt or body cannot be handled or deleted; SQS never sends one.
fn received(message: aws_sdk_sqs::types::Message) -> Option<Received> {
    let count = message
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
        .and_then(|count| count.parse().ok());
    Some(Received {
        message_id: message.message_id?,
        receipt: message.receipt_handle?,
        body: message.body?,
        receive_count: count.unwrap_or(1),
    })
}

fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> PortError {
    PortError::Unavailable {
        service: "sqs",
        reason: reason(error, Telling::Message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_second_counts_as_one() {
        let check =
            |millis, expected| assert_eq!(seconds(Duration::from_millis(millis)), expected, "{millis} ms");
        check(0, 0);
        check(1, 1);
        check(1_000, 1);
        check(1_001, 2);
        check(900_000, 900);
    }
}
