//! What a function answers to a batch of messages.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};

/// These messages have to come again; the others of the batch are done with.
pub(crate) fn again(names: impl IntoIterator<Item = String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = names
        .into_iter()
        .map(|name| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = name;
            failure
        })
        .collect();
    response
}
