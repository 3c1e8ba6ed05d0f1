//! Just enough of SQL's surface: where a statement ends, what an insert's format is and where its
//! data begin, and in which format a query wants its answer.
//!
//! The rules of quoting are those of ClickHouse's lexer: backslashes escape in all three quotes,
//! `$tag$` opens a heredoc, `#` followed by a space or `!` opens a comment, comments don't nest.

use std::ops::Range;

/// An insert whose data come apart from its statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Insert {
    /// The statement without format and data: `INSERT INTO t (a, b)`.
    pub(super) head: String,
    /// The format's name.
    pub(super) format: String,
    /// Where the data begin in the text.
    pub(super) data: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Symbol(u8),
}

struct Token {
    kind: Kind,
    range: Range<usize>,
}

/// The tokens of a text, without space and comments. Bytes that are no SQL come as symbols.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Steps behind the next occurrence of `end`, or to the end of the text.
    fn skip_past(&mut self, end: &[u8]) {
        let rest = self.rest();
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at += found.map_or(rest.len(), |position| position + end.len());
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            match self.rest() {
                [byte, ..] if byte.is_ascii_whitespace() => self.at += 1,
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => self.skip_past(b"\n"),
                [b'/', b'*', ..] => {
                    self.at += 2;
                    self.skip_past(b"*/");
                }
                _ => return,
            }
        }
    }

    fn skip_quoted(&mut self, quote: u8) {
        self.at += 1;
        loop {
            match self.rest() {
                [] => return,
                [b'\\', ..] => self.at = (self.at + 2).min(self.text.len()),
                [byte, ..] => {
                    self.at += 1;
                    if *byte == quote {
                        return;
                    }
                }
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_space_and_comments();
        let start = self.at;
        let rest = self.rest();
        let kind = match rest {
            [] => return None,
            [quote @ (b'\'' | b'"' | b'`'), ..] => {
                self.skip_quoted(*quote);
                Kind::Quoted
            }
            [0xE2, 0x80, 0x98, ..] => {
                self.skip_past("’".as_bytes());
                Kind::Quoted
            }
            [0xE2, 0x80, 0x9C, ..] => {
                self.skip_past("”".as_bytes());
                Kind::Quoted
            }
            [b'$', behind @ ..] if heredoc_tag(behind).is_some() => {
                let tag = heredoc_tag(behind).and_then(|length| rest.get(..length + 2)).unwrap_or_default();
                self.at += tag.len();
                self.skip_past(tag);
                Kind::Quoted
            }
            [byte, ..] if is_of_word(*byte) => {
                self.at += rest.iter().take_while(|byte| is_of_word(**byte) || **byte == b'$').count();
                Kind::Word
            }
            [byte, ..] => {
                self.at += 1;
                Kind::Symbol(*byte)
            }
        };
        Some(Token { kind, range: start..self.at })
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of a heredoc's tag, given what follows its first `$`.
fn heredoc_tag(behind: &[u8]) -> Option<usize> {
    let length = behind.iter().take_while(|byte| is_of_word(**byte)).count();
    (behind.get(length) == Some(&b'$')).then_some(length)
}

/// Whether the text holds more than one statement: a `;` with anything but space and comments behind it.
pub(super) fn is_several(text: &[u8]) -> bool {
    let mut ended = false;
    for token in Tokens::of(text) {
        match token.kind {
            Kind::Symbol(b';') => ended = true,
            _ if ended => return true,
            _ => {}
        }
    }
    false
}

/// The words of a text that stand outside of parentheses and are no part of a dotted name.
fn outer_words(text: &[u8]) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let (mut depth, mut dotted) = (0_usize, false);
    Tokens::of(text).filter_map(move |token| {
        let after_dot = std::mem::replace(&mut dotted, token.kind == Kind::Symbol(b'.'));
        match token.kind {
            Kind::Symbol(b'(' | b'[' | b'{') => depth += 1,
            Kind::Symbol(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && !after_dot => return Some((text.get(token.range.clone())?, token.range)),
            _ => {}
        }
        None
    })
}

/// Takes an insert with a format, or with values, apart; `None` for everything else.
pub(super) fn insert(text: &[u8]) -> Option<Insert> {
    let mut words = outer_words(text);
    let (first, _) = words.next()?;
    if !first.eq_ignore_ascii_case(b"INSERT") {
        return None;
    }
    while let Some((word, range)) = words.next() {
        let head = || Some(std::str::from_utf8(text.get(..range.start)?).ok()?.trim().to_owned());
        if word.eq_ignore_ascii_case(b"SELECT") || word.eq_ignore_ascii_case(b"WITH") {
            return None;
        }
        if word.eq_ignore_ascii_case(b"VALUES") {
            return Some(Insert { head: head()?, format: "Values".to_owned(), data: range.end });
        }
        if word.eq_ignore_ascii_case(b"FORMAT") {
            let (format, place) = words.next()?;
            let format = std::str::from_utf8(format).ok()?.to_owned();
            return Some(Insert { head: head()?, format, data: start_of_data(text, place.end) });
        }
    }
    None
}

/// Behind a format's name: spaces and one line's end are not data, and neither is a lone `;`.
fn start_of_data(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    if rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == b';') {
        return text.len();
    }
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    from + blanks + usize::from(rest.get(blanks) == Some(&b'\n'))
}

/// The format that a query names itself.
pub(super) fn format_named(sql: &str) -> Option<String> {
    let mut words = outer_words(sql.as_bytes());
    let mut named = None;
    while let Some((word, _)) = words.next() {
        if word.eq_ignore_ascii_case(b"FORMAT") {
            named = words.next().map(|(format, _)| String::from_utf8_lossy(format).into_owned());
        }
    }
    named
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::{format_named, insert, is_several};

    #[test]
    fn one_statement_is_one() {
        for one in [
            "SELECT 1",
            "SELECT ';'; ",
            "SELECT 1; -- done;",
            "SELECT 1;;",
            "SELECT '\\';' /* ; SELECT */",
            "SELECT `a;b`;\n",
            "SELECT $x$ ; SELECT 2 $x$",
            "SELECT 1 # ; SELECT 2",
            "SELECT ‘a;b’",
        ] {
            assert!(!is_several(one.as_bytes()), "{one}");
        }
        for two in [
            "SELECT 1; SELECT 2",
            "SELECT 1;DROP TABLE t",
            "SELECT ''';'; x",
            ";;'",
            "SELECT 3 # '\n; SELECT 4",
            "SELECT $a$ ' $a$; SELECT 5; --'",
            "SELECT 1 /*/ ' */; SELECT 2 -- '",
        ] {
            assert!(is_several(two.as_bytes()), "{two}");
        }
    }

    fn parts(text: &str) -> Option<(String, String, &str)> {
        insert(text.as_bytes()).map(|insert| (insert.head, insert.format, &text[insert.data..]))
    }

    #[test]
    fn an_insert_is_split_from_its_format_and_data() {
        let split = |head: &str, format: &str, data: &'static str| Some((head.to_owned(), format.to_owned(), data));
        assert_eq!(parts("INSERT INTO a.b(`c`, d) FORMAT RowBinary"), split("INSERT INTO a.b(`c`, d)", "RowBinary", ""));
        assert_eq!(parts("insert into t format JSONEachRow;"), split("insert into t", "JSONEachRow", ""));
        assert_eq!(parts("INSERT INTO t FORMAT CSV\n1\n\n2"), split("INSERT INTO t", "CSV", "1\n\n2"));
        assert_eq!(parts("INSERT INTO t (values) VALUES (1)"), split("INSERT INTO t (values)", "Values", " (1)"));
        assert_eq!(parts("INSERT INTO x.format VALUES(1)"), split("INSERT INTO x.format", "Values", "(1)"));
        assert_eq!(parts("INSERT INTO t SELECT 1 FORMAT Null"), None);
        assert_eq!(parts("SELECT 1 FORMAT RowBinary"), None);
    }

    #[test]
    fn a_named_format_is_found_where_it_stands() {
        assert_eq!(format_named("SELECT formatDateTime(d, 'FORMAT x') FROM t FORMAT JSON SETTINGS a = 1").unwrap(), "JSON");
        assert_eq!(format_named("SELECT (SELECT 1) -- FORMAT CSV"), None);
    }
}
