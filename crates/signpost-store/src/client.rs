use clickhouse::{Client, Compression, RowOwned, RowRead, RowWrite};

use crate::StoreError;

/// Where the store is and who asks.
#[derive(Clone)]
pub struct StoreSettings {
    /// `http://host:port`.
    pub url: String,
    /// The user.
    pub user: String,
    /// The password, or empty.
    pub password: String,
}

/// A connection to ClickHouse.
#[derive(Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) url: String,
}

impl Store {
    /// A store at the given address; nothing is asked of it yet.
    #[must_use]
    pub fn new(settings: &StoreSettings) -> Self {
        // Server defaults of these changed between releases; what correctness needs is pinned.
        let pinned = [
            ("async_insert", "0"),
            ("wait_end_of_query", "1"),
            ("max_insert_block_size", "4000000"),
            ("min_insert_block_size_rows", "4000000"),
            ("insert_deduplicate", "0"),
            ("optimize_throw_if_noop", "0"),
            ("join_use_nulls", "0"),
            ("session_timezone", "UTC"),
        ];
        let client = Client::default()
            .with_url(&settings.url)
            .with_user(&settings.user)
            .with_password(&settings.password)
            .with_compression(Compression::Lz4);
        let client = pinned.into_iter().fold(client, |client, (name, value)| client.with_option(name, value));
        Self { client, url: settings.url.clone() }
    }

    /// Whether the server answers and knows the user.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`] or [`StoreError::Refused`].
    pub async fn ping(&self) -> Result<String, StoreError> {
        self.fetch_one::<String>("ask for its version", "SELECT version()").await
    }

    pub(crate) async fn execute(&self, doing: &'static str, sql: &str) -> Result<(), StoreError> {
        // A `?` would be taken for a parameter.
        self.client.query(&sql.replace('?', "??")).execute().await.map_err(|error| self.failed(doing, &error))
    }

    pub(crate) async fn fetch_all<T: RowOwned + RowRead>(&self, doing: &'static str, sql: &str) -> Result<Vec<T>, StoreError> {
        self.client.query(&sql.replace('?', "??")).fetch_all().await.map_err(|error| self.failed(doing, &error))
    }

    pub(crate) async fn fetch_one<T: RowOwned + RowRead>(&self, doing: &'static str, sql: &str) -> Result<T, StoreError> {
        self.client.query(&sql.replace('?', "??")).fetch_one().await.map_err(|error| self.failed(doing, &error))
    }

    /// One insert: all rows as one block, acknowledged when this returns. No rows, no insert.
    pub(crate) async fn insert<T: RowOwned + RowWrite>(&self, doing: &'static str, table: &str, rows: &[T]) -> Result<(), StoreError> {
        Self::insert_by(&self.client, table, rows).await.map_err(|error| self.failed(doing, &error))
    }

    pub(crate) async fn insert_by<T: RowOwned + RowWrite>(client: &Client, table: &str, rows: &[T]) -> clickhouse::error::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = client.insert_unescaped::<T>(table).await?;
        for row in rows {
            insert.write(row).await?;
        }
        insert.end().await
    }

    pub(crate) fn failed(&self, doing: &'static str, error: &clickhouse::error::Error) -> StoreError {
        StoreError::of(&self.url, doing, error)
    }
}

/// A text as a SQL literal. Ids are validated long before; this is the second lock on the door.
pub(crate) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_literal_ends_where_it_should() {
        assert_eq!(literal("O'Brien\\"), "'O\\'Brien\\\\'");
    }
}
