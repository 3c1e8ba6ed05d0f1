//! One process per data folder: a lock that dies with its holder, and the address beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// In the data folder; holds `PID ADDRESS` while a server runs on it.
const FILE: &str = "signpost-server.lock";
/// A server whose parent was just killed needs a moment to notice.
const PATIENCE: Duration = Duration::from_secs(3);

/// The data folder, held by this process until it ends, however it ends.
pub(super) struct HeldFolder {
    file: File,
}

impl HeldFolder {
    /// Creates the folder if need be and takes it.
    pub(super) fn take(data: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
        let path = data.join(FILE);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|error| format!("{}: {error}", path.display()))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file }),
                Err(TryLockError::WouldBlock) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::WouldBlock) => {
                    let holder = std::fs::read_to_string(&path).unwrap_or_default();
                    let (process, address) = holder.trim().split_once(' ').unwrap_or(("unknown", "an unknown address"));
                    return Err(format!(
                        "{} is held by process {process}, which answers at {address}: use that, or end it first",
                        data.display()
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(format!("{}: {error}", path.display())),
            }
        }
    }

    /// Says where this process answers.
    pub(super) fn say(&mut self, address: &str) -> Result<(), String> {
        let text = format!("{} {address}\n", std::process::id());
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(text.as_bytes())
        };
        write(&mut self.file).map_err(|error| format!("the data folder's lock can't be written: {error}"))
    }
}

/// The address (`http://127.0.0.1:PORT`) of the server that runs on a data folder now, if one does.
///
/// The lock is asked, not the port: an address left behind by a killed server is not given.
#[must_use]
pub fn running_server(data: &Path) -> Option<String> {
    let mut file = File::open(data.join(FILE)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            file.read_to_string(&mut text).ok()?;
            text.trim().split_once(' ').map(|(_, address)| address.to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{HeldFolder, running_server};

    #[test]
    fn a_folder_has_one_holder_who_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(running_server(folder.path()), None);
        let mut held = HeldFolder::take(folder.path()).unwrap();
        held.say("http://127.0.0.1:1").unwrap();
        assert_eq!(running_server(folder.path()).unwrap(), "http://127.0.0.1:1");
        let refused = HeldFolder::take(folder.path()).err().unwrap();
        assert!(refused.contains(&std::process::id().to_string()) && refused.contains("http://127.0.0.1:1"), "{refused}");
        drop(held);
        assert_eq!(running_server(folder.path()), None);
        HeldFolder::take(folder.path()).unwrap();
    }
}
