//! Lists a workspace's connections.

use crate::{
    connection::{Connection, ConnectionStatus},
    cursor,
    deployment::Domain,
    error::Problem,
    listing::{Listing, Paging},
};

/// Which connections are wanted; all that is `None` matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// In this status.
    pub status: Option<ConnectionStatus>,
    /// Of this system.
    pub system: Option<String>,
    /// Of this customer.
    pub customer_id: Option<String>,
    /// With this text, in either case, in the customer's name or id, the system's id, or its own id.
    pub text: Option<String>,
}

impl ConnectionFilter {
    fn matches(&self, connection: &Connection) -> bool {
        self.status.is_none_or(|status| connection.status == status)
            && self
                .system
                .as_ref()
                .is_none_or(|system| connection.system == *system)
            && self
                .customer_id
                .as_ref()
                .is_none_or(|customer| connection.customer.id == *customer)
            && self.text.as_ref().is_none_or(|text| says(connection, text))
    }

    /// What a cursor of this query is bound to.
    fn bound_to(&self, ws: &str) -> String {
        let status = self.status.map(ConnectionStatus::as_str);
        serde_json::json!([
            ws,
            "connections",
            status,
            self.system,
            self.customer_id,
            self.text
        ])
        .to_string()
    }
}

fn says(connection: &Connection, text: &str) -> bool {
    let text = text.to_lowercase();
    let customer = &connection.customer;
    [
        customer.name.as_deref().unwrap_or_default(),
        &customer.id,
        &connection.system,
        &connection.id,
    ]
    .into_iter()
    .any(|said| said.to_lowercase().contains(&text))
}

/// Connections of a workspace, the oldest first.
///
/// A page looks at a bounded number of rows, so that one may be short, or empty, before the end.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of another query.
pub async fn list(
    domain: &Domain,
    ws: &str,
    filter: &ConnectionFilter,
    paging: Paging<'_>,
) -> Result<Listing<Connection>, Problem> {
    /// Queries for one page of answers.
    const MOST_QUERIES: usize = 10;
    let bound_to = filter.bound_to(ws);
    let limit = paging.bounded();
    let mut after = paging.position(domain, &bound_to)?;
    let mut data = Vec::new();
    for _ in 0..MOST_QUERIES {
        let wanted = limit - data.len();
        let page = domain.store.connections(ws, after.as_deref(), wanted).await?;
        after = page
            .next
            .as_ref()
            .and(page.rows.last())
            .map(|last| last.id.clone());
        data.extend(
            page.rows
                .into_iter()
                .filter(|connection| filter.matches(connection)),
        );
        if after.is_none() || data.len() >= limit {
            break;
        }
    }
    let next_cursor = after.map(|last| cursor::encode(&domain.keys, &bound_to, &last, None));
    Ok(Listing { data, next_cursor })
}
