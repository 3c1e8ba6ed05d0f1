use std::fmt::Write as _;

use clickhouse::{Row, RowOwned, RowWrite};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signpost_core::Month;
use signpost_publication::rows;

use crate::client::literal;
use crate::{DecisionRow, InterventionEventRow, MonthCompleteRow, OrganisationRow, Store, StoreError};

/// What decides which publication is on show: the greatest stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicationKey {
    /// The epoch of the topics.
    pub epoch: u32,
    /// Revision of the definitions.
    pub definitions: u32,
    /// Sum of derive's positions: each of them only ever rises.
    pub positions: u64,
    /// Decisions taken into account.
    pub decisions: u64,
    /// The publication.
    pub publication: String,
}

/// A row of `signpost.current`.
#[derive(Debug, Clone, PartialEq, Eq, Row, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Current {
    pub family: String,
    pub epoch: u32,
    pub definitions: u32,
    pub positions: u64,
    pub decisions: u64,
    pub publication: String,
}

#[derive(Row, Serialize)]
struct Record<'a> {
    publication: &'a str,
    published_at: u32,
    first_month: Option<u32>,
    last_month: Option<u32>,
    digest: &'a str,
    synthetic: u8,
    build: &'a str,
    positions: &'a str,
}

/// The tables that hold content, with the columns that the digest covers: all but those that
/// depend on when a run happened.
fn digested() -> [(&'static str, Vec<&'static str>); 13] {
    fn all<T: Row>() -> Vec<&'static str> {
        T::COLUMN_NAMES.to_vec()
    }
    // A signal's sentence is frozen when it is first told: it depends on when that was.
    let signal = all::<rows::Signal>().into_iter().filter(|column| *column != "sentence").collect();
    [
        ("measure", all::<rows::Measure>()),
        ("organisation", all::<rows::Organisation>()),
        ("measure_month", all::<rows::MeasureMonth>()),
        ("spc", all::<rows::Spc>()),
        ("spc_summary", all::<rows::SpcSummary>()),
        ("decile", all::<rows::Decile>()),
        ("intervention", all::<rows::Intervention>()),
        ("effect", all::<rows::Effect>()),
        ("its_point", all::<rows::ItsPoint>()),
        ("placebo", all::<rows::Placebo>()),
        ("signal", signal),
        ("freshness", all::<rows::Freshness>()),
        ("data_quality", all::<rows::DataQuality>()),
    ]
}

impl Store {
    /// Writes rows of one table of a publication that nobody sees yet.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_hidden<T: RowOwned + RowWrite>(&self, publication: &str, table: &str, rows: &[T]) -> Result<(), StoreError> {
        let client = self.client.clone().with_option("log_comment", publication);
        let table = format!("signpost.published_{table}");
        Self::insert_by(&client, &table, rows).await.map_err(|error| self.failed("write a publication", &error))
    }

    /// The digest of a publication: SHA-256 over one line per table, each with the table's name,
    /// its rows and the sum modulo 2^64 of SipHash-2-4 over each row's content written as text.
    ///
    /// # Errors
    /// When the store does.
    pub async fn digest(&self, publication: &str) -> Result<String, StoreError> {
        let mut lines = String::new();
        for (table, columns) in digested() {
            let source = format!("signpost.published_{table} WHERE publication = {}", literal(publication));
            let (_, count, hash) = self.table_digest(&source, &columns).await?;
            let _ = writeln!(lines, "{table} {count} {hash:016x}");
        }
        Ok(hex(&Sha256::digest(lines.as_bytes())))
    }

    /// For each table of `published`: its name, the publication on show, its rows and their hash,
    /// each asked in one query, as a reader sees it.
    ///
    /// # Errors
    /// When the store does.
    pub async fn tables_on_show(&self) -> Result<Vec<(&'static str, String, u64, u64)>, StoreError> {
        let mut tables = Vec::new();
        for (table, columns) in digested() {
            let (publication, count, hash) = self.table_digest(&format!("published.{table}"), &columns).await?;
            tables.push((table, publication, count, hash));
        }
        Ok(tables)
    }

    /// The same of a hidden publication, to compare with.
    ///
    /// # Errors
    /// When the store does.
    pub async fn tables_of(&self, publication: &str) -> Result<Vec<(&'static str, String, u64, u64)>, StoreError> {
        let mut tables = Vec::new();
        for (table, columns) in digested() {
            let source = format!("signpost.published_{table} WHERE publication = {}", literal(publication));
            let (_, count, hash) = self.table_digest(&source, &columns).await?;
            tables.push((table, publication.to_owned(), count, hash));
        }
        Ok(tables)
    }

    async fn table_digest(&self, source: &str, columns: &[&str]) -> Result<(String, u64, u64), StoreError> {
        #[derive(Row, Deserialize)]
        struct Table {
            shown: String,
            rows: u64,
            hash: u64,
        }
        let sql = format!(
            "SELECT toString(any(publication)) AS shown, count() AS rows, \
             sum(sipHash64(toString(tuple({})))) AS hash FROM {source}",
            columns.join(", ")
        );
        let table: Table = self.fetch_one("compute a digest", &sql).await?;
        Ok((table.shown, table.rows, table.hash))
    }

    /// Records a publication and puts it on show, unless a greater one is.
    ///
    /// # Errors
    /// When the store does; the publication then stays hidden.
    pub async fn show(&self, key: &PublicationKey, record: &rows::Publication, positions: &str) -> Result<(), StoreError> {
        let seconds = |month: Option<Month>| month.and_then(|month| u32::try_from(i64::from(month.first_day_since_epoch()) * 86_400).ok());
        let doing = "record a publication";
        let row = Record {
            publication: &record.publication,
            published_at: record.published_at,
            first_month: seconds(record.first_month),
            last_month: seconds(record.last_month),
            digest: &record.digest,
            synthetic: record.synthetic,
            build: &record.build,
            positions,
        };
        let insert = async {
            let mut insert = self.client.insert_unescaped::<Record<'_>>("signpost.publication").await?;
            insert.write(&row).await?;
            insert.end().await
        };
        insert.await.map_err(|error| self.failed(doing, &error))?;
        let current = Current {
            family: "practice-month".into(),
            epoch: key.epoch,
            definitions: key.definitions,
            positions: key.positions,
            decisions: key.decisions,
            publication: key.publication.clone(),
        };
        self.insert("switch to a publication", "signpost.current", &[current]).await
    }

    /// The publication on show.
    ///
    /// # Errors
    /// When the store does.
    pub async fn current(&self) -> Result<Option<PublicationKey>, StoreError> {
        let sql = "SELECT toString(family) AS family, epoch, definitions, positions, decisions, publication FROM signpost.current \
                   ORDER BY epoch DESC, definitions DESC, positions DESC, decisions DESC, publication DESC LIMIT 1";
        let rows: Vec<Current> = self.fetch_all("read the current publication", sql).await?;
        Ok(rows.into_iter().next().map(|row| PublicationKey {
            epoch: row.epoch,
            definitions: row.definitions,
            positions: row.positions,
            decisions: row.decisions,
            publication: row.publication,
        }))
    }

    /// Every publication recorded, newest last: id and digest.
    ///
    /// # Errors
    /// When the store does.
    pub async fn publications(&self) -> Result<Vec<(String, String)>, StoreError> {
        #[derive(Row, Deserialize)]
        struct Recorded {
            publication: String,
            digest: String,
        }
        let sql = "SELECT publication, digest FROM signpost.publication ORDER BY published_at, publication";
        let rows: Vec<Recorded> = self.fetch_all("list publications", sql).await?;
        Ok(rows.into_iter().map(|row| (row.publication, row.digest)).collect())
    }

    /// Drops the hidden rows of all but the newest `keep` publications and the one on show.
    ///
    /// # Errors
    /// When the store does.
    pub async fn drop_old_publications(&self, keep: usize) -> Result<usize, StoreError> {
        let shown = self.current().await?.map(|key| key.publication);
        let all = self.publications().await?;
        let old = all.len().saturating_sub(keep);
        let mut dropped = 0;
        for (publication, _) in all.iter().take(old).filter(|(id, _)| Some(id) != shown.as_ref()) {
            for (table, _) in digested() {
                let partition = format!("('practice-month', {})", literal(publication));
                self.execute("drop an old publication", &format!("ALTER TABLE signpost.published_{table} DROP PARTITION {partition}"))
                    .await?;
            }
            let sql = format!("ALTER TABLE signpost.publication DELETE WHERE publication = {}", literal(publication));
            self.execute("drop an old publication", &sql).await?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// Each organisation, every field with the newest value that some source knows.
    ///
    /// # Errors
    /// When the store does.
    pub async fn organisations(&self) -> Result<Vec<OrganisationRow>, StoreError> {
        let newest = |field: &str| format!("argMaxIf(o.{field}, o.version, o.{field} != '') AS {field}");
        let sql = format!(
            "SELECT bucket, code, toString(level) AS level, {}, max(o.as_of) AS as_of, argMaxIf(o.setting, o.version, o.setting != 0) AS setting, \
             {}, {}, {}, {}, toUInt128(0) AS content, max(o.version) AS version \
             FROM signpost.organisation AS o GROUP BY bucket, code, level ORDER BY code, level",
            newest("name"),
            newest("pcn"),
            newest("sub_icb"),
            newest("icb"),
            newest("region")
        );
        self.fetch_all("read organisations", &sql).await
    }

    /// The newest revision of each list size: practice, month, patients.
    ///
    /// # Errors
    /// When the store does.
    pub async fn list_sizes(&self) -> Result<Vec<(String, Month, u32)>, StoreError> {
        #[derive(Row, Deserialize)]
        struct Size {
            practice: String,
            #[serde(with = "crate::rows::day")]
            month: Month,
            patients: u32,
        }
        let sql = "SELECT practice, month, argMax(patients, revision) AS patients FROM signpost.list_size FINAL GROUP BY practice, month";
        let rows: Vec<Size> = self.fetch_all("read list sizes", sql).await?;
        Ok(rows.into_iter().map(|row| (row.practice, row.month, row.patients)).collect())
    }

    /// Every word that a month is whole.
    ///
    /// # Errors
    /// When the store does.
    pub async fn months_complete(&self, feed: &str) -> Result<Vec<MonthCompleteRow>, StoreError> {
        let sql = format!(
            "SELECT bucket, toString(feed) AS feed, month, revision, practices, partitions, offsets, content, epoch, partition, offset, version \
             FROM signpost.month_complete FINAL WHERE month_complete.feed = {} ORDER BY month, revision",
            literal(feed)
        );
        self.fetch_all("read completed months", &sql).await
    }

    /// Months of a feed of which some snapshot was derived, sorted.
    ///
    /// # Errors
    /// When the store does.
    pub async fn months_begun(&self, feed: &str) -> Result<Vec<Month>, StoreError> {
        let sql = format!("SELECT DISTINCT month FROM signpost.practice_month WHERE feed = {} ORDER BY month", literal(feed));
        let rows: Vec<crate::rows::RawMonth> = self.fetch_all("list months begun", &sql).await?;
        Ok(rows.into_iter().map(|row| row.month).collect())
    }

    /// Every intervention event, in the order of the log.
    ///
    /// # Errors
    /// When the store does.
    pub async fn intervention_events(&self) -> Result<Vec<InterventionEventRow>, StoreError> {
        let sql = "SELECT bucket, intervention, content, toString(kind) AS kind, payload, event_time, appended, epoch, partition, offset, version \
                   FROM signpost.intervention_event FINAL ORDER BY epoch, partition, offset";
        self.fetch_all("read intervention events", sql).await
    }

    /// Decisions of a kind whose publication became current, first first.
    ///
    /// # Errors
    /// When the store does.
    pub async fn decisions(&self, kind: &str) -> Result<Vec<DecisionRow>, StoreError> {
        let sql = format!(
            "SELECT subject, toString(kind) AS kind, sentence, author, publication FROM signpost.decision \
             WHERE decision.kind = {} AND publication IN (SELECT publication FROM signpost.current) ORDER BY subject, at, publication",
            literal(kind)
        );
        self.fetch_all("read decisions", &sql).await
    }

    /// Appends decisions.
    ///
    /// # Errors
    /// When the store does.
    pub async fn write_decisions(&self, rows: &[DecisionRow]) -> Result<(), StoreError> {
        self.insert("write decisions", "signpost.decision", rows).await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
