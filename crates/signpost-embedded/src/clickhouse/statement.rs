//! Just enough of SQL's surface: where a statement ends, and what an insert's format is.

/// Whether the text holds more than one statement: one `;` outside of quotes and comments, with
/// anything but space and comments behind it.
pub(super) fn is_several(sql: &str) -> bool {
    let mut rest = sql.char_indices().peekable();
    let mut ended = false;
    while let Some((_, character)) = rest.next() {
        match character {
            '\'' | '"' | '`' => {
                if ended {
                    return true;
                }
                while let Some((_, inner)) = rest.next() {
                    if inner == '\\' {
                        rest.next();
                    } else if inner == character {
                        break;
                    }
                }
            }
            '-' if rest.peek().is_some_and(|(_, next)| *next == '-') => while rest.next_if(|(_, next)| *next != '\n').is_some() {},
            '/' if rest.peek().is_some_and(|(_, next)| *next == '*') => {
                let mut last = ' ';
                for (_, inner) in rest.by_ref() {
                    if last == '*' && inner == '/' {
                        break;
                    }
                    last = inner;
                }
            }
            ';' => ended = true,
            other if ended && !other.is_whitespace() => return true,
            _ => {}
        }
    }
    false
}

/// The statement without its format, and the format, of an insert whose data come apart.
pub(super) fn insert(sql: &str) -> Option<(&str, &str)> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    let begins = sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("INSERT"));
    let (head, format) = sql.rsplit_once(char::is_whitespace)?;
    let (statement, keyword) = head.trim_end().rsplit_once(char::is_whitespace)?;
    let named = format.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (begins && named && keyword.eq_ignore_ascii_case("FORMAT")).then(|| (statement.trim_end(), format))
}

#[cfg(test)]
mod tests {
    use super::{insert, is_several};

    #[test]
    fn one_statement_is_one() {
        for one in ["SELECT 1", "SELECT ';'; ", "SELECT 1; -- done;", "SELECT '\\';' /* ; SELECT */", "SELECT `a;b`;\n"] {
            assert!(!is_several(one), "{one}");
        }
        for two in ["SELECT 1; SELECT 2", "SELECT 1;DROP TABLE t", "SELECT ''';'; x", ";;'"] {
            assert!(is_several(two), "{two}");
        }
    }

    #[test]
    fn an_insert_is_split_from_its_format() {
        assert_eq!(insert("INSERT INTO a.b(`c`, d) FORMAT RowBinary"), Some(("INSERT INTO a.b(`c`, d)", "RowBinary")));
        assert_eq!(insert("insert into t format JSONEachRow;"), Some(("insert into t", "JSONEachRow")));
        assert_eq!(insert("INSERT INTO t VALUES (1)"), None);
        assert_eq!(insert("SELECT 1 FORMAT RowBinary"), None);
    }
}
