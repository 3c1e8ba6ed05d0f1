-- The role of screens: it can read `published` and nothing else. The views run as their definer,
-- so a reader needs no right on the hidden tables. Embedded ClickHouse has no users and skips this.

CREATE ROLE IF NOT EXISTS signpost_reader SETTINGS readonly = 2;

GRANT SELECT ON published.* TO signpost_reader;
