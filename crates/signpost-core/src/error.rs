/// Whose fault a failure is; every library error answers with one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input is wrong; trying again gives the same answer.
    Data,
    /// A server, file or network failed; trying again can help.
    External,
    /// A defect of this program.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn can_retry(self) -> bool {
        matches!(self, Self::External)
    }
}
