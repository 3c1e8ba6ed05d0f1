use clickhouse::{Row, RowOwned, RowRead};
use signpost_publication::rows;

use crate::client::literal;
use crate::{Store, StoreError};

/// The readers' side: the database `published` and nothing else.
#[derive(Clone)]
pub struct Published {
    store: Store,
}

impl Published {
    /// Reads through the given connection, which may be that of the read-only account.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The publication on show, or `None` before the first.
    ///
    /// # Errors
    /// When the store does.
    pub async fn publication(&self) -> Result<Option<rows::Publication>, StoreError> {
        Ok(self.read("publication", "1", "publication").await?.into_iter().next())
    }

    /// Every measure, in the order of screens.
    ///
    /// # Errors
    /// When the store does.
    pub async fn measures(&self) -> Result<Vec<rows::Measure>, StoreError> {
        self.read("measure", "1", "position").await
    }

    /// Every organisation.
    ///
    /// # Errors
    /// When the store does.
    pub async fn organisations(&self) -> Result<Vec<rows::Organisation>, StoreError> {
        self.read("organisation", "1", "level, organisation").await
    }

    /// The months of one measure at one level, of one organisation or of all.
    ///
    /// # Errors
    /// When the store does.
    pub async fn measure_months(
        &self,
        measure: &str,
        level: &str,
        organisation: Option<&str>,
    ) -> Result<Vec<rows::MeasureMonth>, StoreError> {
        let filter = format!("{}{}", at(measure, level), of(organisation));
        self.read("measure_month", &filter, "organisation, month").await
    }

    /// The chart of one measure of one organisation.
    ///
    /// # Errors
    /// When the store does.
    pub async fn spc(&self, measure: &str, level: &str, organisation: &str) -> Result<Vec<rows::Spc>, StoreError> {
        self.read("spc", &format!("{}{}", at(measure, level), of(Some(organisation))), "month").await
    }

    /// What the charts of one organisation say, all measures.
    ///
    /// # Errors
    /// When the store does.
    pub async fn summaries_of(&self, level: &str, organisation: &str) -> Result<Vec<rows::SpcSummary>, StoreError> {
        let filter = format!("level = {} AND organisation = {}", literal(level), literal(organisation));
        self.read("spc_summary", &filter, "measure").await
    }

    /// What the charts of one measure say, all organisations of a level.
    ///
    /// # Errors
    /// When the store does.
    pub async fn summaries_at(&self, measure: &str, level: &str) -> Result<Vec<rows::SpcSummary>, StoreError> {
        self.read("spc_summary", &at(measure, level), "organisation").await
    }

    /// The deciles of one measure at one level.
    ///
    /// # Errors
    /// When the store does.
    pub async fn deciles(&self, measure: &str, level: &str) -> Result<Vec<rows::Decile>, StoreError> {
        self.read("decile", &at(measure, level), "month").await
    }

    /// Every intervention.
    ///
    /// # Errors
    /// When the store does.
    pub async fn interventions(&self) -> Result<Vec<rows::Intervention>, StoreError> {
        self.read("intervention", "1", "intervention").await
    }

    /// Effects of one intervention, or of all.
    ///
    /// # Errors
    /// When the store does.
    pub async fn effects(&self, intervention: Option<&str>) -> Result<Vec<rows::Effect>, StoreError> {
        self.read("effect", &by(intervention), "intervention, role, measure").await
    }

    /// The chart behind one effect.
    ///
    /// # Errors
    /// When the store does.
    pub async fn its_points(&self, intervention: &str) -> Result<Vec<rows::ItsPoint>, StoreError> {
        self.read("its_point", &by(Some(intervention)), "measure, month").await
    }

    /// The placebo clouds of one intervention.
    ///
    /// # Errors
    /// When the store does.
    pub async fn placebos(&self, intervention: &str) -> Result<Vec<rows::Placebo>, StoreError> {
        self.read("placebo", &by(Some(intervention)), "measure, number").await
    }

    /// Every signal, the newest first.
    ///
    /// # Errors
    /// When the store does.
    pub async fn signals(&self) -> Result<Vec<rows::Signal>, StoreError> {
        self.read("signal", "1", "alarm DESC, signal").await
    }

    /// How fresh each feed is.
    ///
    /// # Errors
    /// When the store does.
    pub async fn freshness(&self) -> Result<Vec<rows::Freshness>, StoreError> {
        self.read("freshness", "1", "feed").await
    }

    /// Findings on the data.
    ///
    /// # Errors
    /// When the store does.
    pub async fn data_quality(&self) -> Result<Vec<rows::DataQuality>, StoreError> {
        self.read("data_quality", "1", "month DESC, finding, count DESC, subject, detail").await
    }

    async fn read<T: RowOwned + RowRead>(&self, table: &'static str, filter: &str, order: &str) -> Result<Vec<T>, StoreError> {
        let columns = <T as Row>::COLUMN_NAMES.join(", ");
        let sql = format!("SELECT {columns} FROM published.{table} WHERE {filter} ORDER BY {order}");
        self.store.fetch_all("read what is published", &sql).await
    }
}

fn at(measure: &str, level: &str) -> String {
    format!("measure = {} AND level = {}", literal(measure), literal(level))
}

fn of(organisation: Option<&str>) -> String {
    organisation.map(|code| format!(" AND organisation = {}", literal(code))).unwrap_or_default()
}

fn by(intervention: Option<&str>) -> String {
    intervention.map_or_else(|| "1".to_owned(), |id| format!("intervention = {}", literal(id)))
}
