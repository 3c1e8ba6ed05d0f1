use clickhouse::Row;
use serde::Deserialize;
use signpost_core::Month;
use signpost_measures::{Denominator, Filter, Measure, Quantity, Total};

use crate::client::literal;
use crate::rows::RawNumber;
use crate::{Store, StoreError};

/// Which practice-months a measure is computed over.
#[derive(Debug, Clone)]
pub struct MeasureQuery<'a> {
    /// The feed.
    pub feed: &'a str,
    /// Revision of the dose rules.
    pub rules: u32,
    /// The factor set of measures in which doses don't enter: any that is kept.
    pub any_factor_set: &'a str,
    /// Month and revision that counts, sorted.
    pub months: &'a [(Month, u32)],
}

/// Exact numerator and denominator of one practice in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRow {
    /// The practice.
    pub practice: String,
    /// The month.
    pub month: Month,
    /// The numerator in its counting unit.
    pub numerator: u128,
    /// The denominator in its counting unit; `None` where it is the list size.
    pub denominator: Option<u128>,
}

/// Items of a product without a dose.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct UnmappedRow {
    /// The month.
    #[serde(with = "crate::rows::day")]
    pub month: Month,
    /// BNF code.
    pub bnf: String,
    /// Name as published.
    pub name: String,
    /// Why it has no dose.
    pub reason: String,
    /// Items in the month.
    pub items: u64,
}

/// The query of a measure at the practice-month grain, for reading; `months` are left out.
#[must_use]
pub fn measure_sql(measure: &Measure, query: &MeasureQuery<'_>) -> String {
    let numerator = total_sql(&measure.numerator);
    let denominator = match &measure.denominator {
        Denominator::ListSizeThousands { .. } => "toUInt128(0)".to_owned(),
        Denominator::Percent(total) => total_sql(total),
    };
    let factor_set = measure.factor_set().unwrap_or(query.any_factor_set);
    format!(
        "SELECT practice, month,\n    {numerator} AS numerator,\n    {denominator} AS denominator\n\
         FROM signpost.practice_month FINAL\n\
         WHERE feed = {} AND factor_set = {} AND rules = {}",
        literal(query.feed),
        literal(factor_set),
        query.rules
    )
}

/// Sums over lines in 128 bits: `sum(UInt64)` wraps without a word.
fn total_sql(total: &Total) -> String {
    let column = match total.quantity {
        Quantity::Items => "items",
        Quantity::Ome => "ome",
        Quantity::Ddd => "ddd",
    };
    match condition(&total.filter) {
        None => format!("arraySum(arrayMap(amount -> toUInt128(amount), {column}))"),
        Some(condition) => format!(
            "arraySum(arrayMap((amount, code, is_regular, is_high_90, is_high_120) -> if({condition}, toUInt128(amount), toUInt128(0)), \
             {column}, bnf, regular, high_90, high_120))"
        ),
    }
}

fn condition(filter: &Filter) -> Option<String> {
    let mut all = Vec::new();
    if !filter.bnf_prefixes.is_empty() {
        let any: Vec<String> = filter.bnf_prefixes.iter().map(|prefix| format!("startsWith(code, {})", literal(prefix))).collect();
        all.push(format!("({})", any.join(" OR ")));
    }
    match filter.high_dose_mg {
        Some(90) => all.push("is_high_90".to_owned()),
        Some(_) => all.push("is_high_120".to_owned()),
        None => {}
    }
    if filter.regular {
        all.push("is_regular".to_owned());
    }
    (!all.is_empty()).then(|| all.join(" AND "))
}

fn months_sql(months: &[(Month, u32)]) -> String {
    let tuples: Vec<String> = months.iter().map(|(month, revision)| format!("('{month}-01', {revision})")).collect();
    format!("(month, revision) IN ({})", tuples.join(", "))
}

impl Store {
    /// A measure's numbers, per practice and month.
    ///
    /// # Errors
    /// When the store does.
    pub async fn numbers(&self, measure: &Measure, query: &MeasureQuery<'_>) -> Result<Vec<NumberRow>, StoreError> {
        if query.months.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("{} AND {}", measure_sql(measure, query), months_sql(query.months));
        let rows: Vec<RawNumber> = self.fetch_all("compute a measure", &sql).await?;
        let by_list = matches!(measure.denominator, Denominator::ListSizeThousands { .. });
        Ok(rows
            .into_iter()
            .map(|row| NumberRow {
                practice: row.practice,
                month: row.month,
                numerator: row.numerator,
                denominator: (!by_list).then_some(row.denominator),
            })
            .collect())
    }

    /// Opioid items per practice and month: all of them as numerator, those without a dose as denominator.
    ///
    /// # Errors
    /// When the store does.
    pub async fn opioid_items(&self, query: &MeasureQuery<'_>) -> Result<Vec<(String, Month, u64, u64)>, StoreError> {
        #[derive(Row, Deserialize)]
        struct Items {
            practice: String,
            #[serde(with = "crate::rows::day")]
            month: Month,
            opioid_items: u64,
            unmapped_items: u64,
        }
        if query.months.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT practice, month, \
             arraySum(arrayMap((amount, is_opioid) -> if(is_opioid, amount, 0), items, opioid)) AS opioid_items, \
             arraySum(arrayMap((amount, why) -> if(why != '', amount, 0), items, unmapped)) AS unmapped_items \
             FROM signpost.practice_month FINAL WHERE feed = {} AND factor_set = {} AND rules = {} AND {}",
            literal(query.feed),
            literal(query.any_factor_set),
            query.rules,
            months_sql(query.months)
        );
        let rows: Vec<Items> = self.fetch_all("count opioid items", &sql).await?;
        Ok(rows.into_iter().map(|row| (row.practice, row.month, row.opioid_items, row.unmapped_items)).collect())
    }

    /// Products without a dose, by month.
    ///
    /// # Errors
    /// When the store does.
    pub async fn unmapped(&self, query: &MeasureQuery<'_>) -> Result<Vec<UnmappedRow>, StoreError> {
        if query.months.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT month, line.1 AS bnf, line.2 AS name, line.3 AS reason, sum(line.4) AS items FROM ( \
                 SELECT month, arrayJoin(arrayFilter(line -> line.3 != '', arrayZip(bnf, name, unmapped, items))) AS line \
                 FROM signpost.practice_month FINAL WHERE feed = {} AND factor_set = {} AND rules = {} AND {}) \
             GROUP BY month, bnf, name, reason ORDER BY month, bnf, name, reason",
            literal(query.feed),
            literal(query.any_factor_set),
            query.rules,
            months_sql(query.months)
        );
        self.fetch_all("name unmapped products", &sql).await
    }
}
