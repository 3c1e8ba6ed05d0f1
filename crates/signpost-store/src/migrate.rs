use crate::{Store, StoreError};

/// The migrations in order: name and statements. A migration never changes once released; each
/// statement may be run again.
pub const MIGRATIONS: [(&str, &str); 3] = [
    ("001_events", include_str!("../migrations/001_events.sql")),
    ("002_publications", include_str!("../migrations/002_publications.sql")),
    ("003_reader", include_str!("../migrations/003_reader.sql")),
];

/// What a migration run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Migrations applied now.
    pub applied: Vec<&'static str>,
    /// Migrations that were there already.
    pub present: Vec<&'static str>,
    /// Migrations this server can't have, with the reason.
    pub skipped: Vec<(&'static str, &'static str)>,
}

impl Store {
    /// Brings the tables to this build's form; running it again changes nothing.
    ///
    /// # Errors
    /// When the server refuses a statement; what was applied before it stays, and is not repeated.
    pub async fn migrate(&self) -> Result<Migrated, StoreError> {
        let doing = "migrate";
        for statement in [
            "CREATE DATABASE IF NOT EXISTS signpost",
            "CREATE DATABASE IF NOT EXISTS published",
            "CREATE TABLE IF NOT EXISTS signpost.migration (name String, at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = MergeTree ORDER BY name",
        ] {
            self.execute(doing, statement).await?;
        }
        let present: Vec<String> = self.fetch_all(doing, "SELECT DISTINCT name FROM signpost.migration").await?;
        let mut migrated = Migrated { applied: Vec::new(), present: Vec::new(), skipped: Vec::new() };
        for (name, statements) in MIGRATIONS {
            if present.iter().any(|applied| applied == name) {
                migrated.present.push(name);
            } else if name == "003_reader" && !self.has_users().await? {
                migrated.skipped.push((name, "this server has no users"));
            } else {
                for statement in split(statements) {
                    self.execute(doing, &statement).await?;
                }
                self.execute(doing, &format!("INSERT INTO signpost.migration (name) VALUES ('{name}')")).await?;
                migrated.applied.push(name);
            }
        }
        Ok(migrated)
    }

    /// Whether every table of this build is there.
    ///
    /// # Errors
    /// [`StoreError::NotMigrated`] when not.
    pub async fn check_migrated(&self) -> Result<(), StoreError> {
        let sql = "SELECT DISTINCT name FROM signpost.migration";
        let present: Vec<String> = self.fetch_all("check the migrations", sql).await?;
        let needed = MIGRATIONS.into_iter().filter(|(name, _)| *name != "003_reader");
        if needed.into_iter().all(|(name, _)| present.iter().any(|applied| applied == name)) {
            Ok(())
        } else {
            Err(StoreError::NotMigrated { url: self.url.clone(), code: 60 })
        }
    }

    /// Access control is there unless the engine runs embedded in another process.
    async fn has_users(&self) -> Result<bool, StoreError> {
        let sql = "SELECT toUInt8(count() > 0) FROM system.user_directories WHERE name != 'users_xml' AND name != 'users.xml'";
        self.fetch_one::<u8>("look for user directories", sql).await.map(|found| found == 1)
    }
}

/// The statements of a migration, without comment lines; none of ours holds `;` inside a literal.
fn split(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let statements = code.join("\n");
    statements.split(';').map(|statement| statement.trim().to_owned()).filter(|statement| !statement.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, split};

    #[test]
    fn each_statement_may_run_again() {
        for (name, text) in MIGRATIONS {
            for statement in split(text) {
                let again = ["IF NOT EXISTS", "OR REPLACE", "GRANT"].iter().any(|words| statement.contains(words));
                assert!(again, "{name}: {statement}");
            }
        }
    }
}
