//! The engines that the demo and the tests run on: fetched once, checked, kept in one folder.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

/// The exact build; the default tag of the package is older and lacks the streaming insert.
const LIBCHDB_PACKAGE: &str = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1";
const LIBCHDB_SHA256: &str = "c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad";
const KAFKA_VERSION: &str = "4.1.0";

/// `$SIGNPOST_ENGINES`, or `.signpost/engines` beside the workspace.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("SIGNPOST_ENGINES").map_or_else(|| crate::root().join(".signpost/engines"), PathBuf::from)
}

/// `libchdb.so`, fetched with npm if it isn't there.
pub(crate) fn ensure_libchdb() -> Result<PathBuf, String> {
    let home = folder().join("libchdb-26.7.3");
    let library = home.join("libchdb.so");
    if library.is_file() {
        return Ok(library);
    }
    if !(cfg!(target_os = "linux") && cfg!(target_arch = "x86_64")) {
        return Err("embedded ClickHouse is there for Linux on x86-64 only; connect to a real server instead (README)".into());
    }
    eprintln!("fetching embedded ClickHouse (178 MB, once)");
    let scratch = scratch("libchdb")?;
    run(Command::new("npm").args(["pack", "--silent", LIBCHDB_PACKAGE]).current_dir(&scratch.0), "npm")?;
    let archive = only_file(&scratch.0)?;
    let found = sha256(&archive)?;
    if found != LIBCHDB_SHA256 {
        return Err(format!("{LIBCHDB_PACKAGE} has SHA-256 {found}, not {LIBCHDB_SHA256}: it was not unpacked"));
    }
    run(Command::new("tar").arg("xzf").arg(&archive).args(["--strip-components=1", "package/libchdb.so"]).current_dir(&scratch.0), "tar")?;
    fs::remove_file(&archive).map_err(|error| error.to_string())?;
    settle(&scratch.0, &home)?;
    Ok(library)
}

/// A folder of Apache Kafka's jars, fetched with Maven if they aren't there.
pub(crate) fn ensure_kafka() -> Result<PathBuf, String> {
    let home = folder().join(format!("kafka-{KAFKA_VERSION}"));
    if home.is_dir() {
        return Ok(home);
    }
    eprintln!("fetching Apache Kafka {KAFKA_VERSION} (43 MB, once)");
    let scratch = scratch("kafka")?;
    let jars = scratch.0.join("jars");
    let pom = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>signpost</groupId><artifactId>engines</artifactId><version>1</version>\
         <dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency></dependencies></project>"
    );
    fs::write(scratch.0.join("pom.xml"), pom).map_err(|error| error.to_string())?;
    let copy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", copy, "-DincludeScope=runtime"]).arg(format!("-DoutputDirectory={}", jars.display()));
    run(maven.current_dir(&scratch.0), "mvn")?;
    settle(&jars, &home)?;
    Ok(home)
}

/// Whether a tool is there.
pub(crate) fn has(tool: &str, question: &str) -> bool {
    Command::new(tool).arg(question).output().is_ok_and(|output| output.status.success())
}

/// What the tests need of the system, by package: installed where `apt-get` may do it.
pub(crate) fn install_tools() -> Result<(), String> {
    let needed = [
        ("chromium", "--version", "chromium"),
        ("prometheus-alertmanager", "--version", "prometheus-alertmanager"),
        ("promtool", "--version", "prometheus"),
        ("java", "-version", "openjdk-17-jre-headless"),
        ("mvn", "--version", "maven"),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(tool, question, _)| !has(tool, question)).map(|(_, _, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("installing {}", missing.join(", "));
    run(Command::new("apt-get").args(["update", "--quiet"]), "apt-get")?;
    run(
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
        "apt-get",
    )
}

/// A folder beside the engines, so that what is finished moves to its place in one step; whatever
/// is left in it goes when the fetch ends, also when it fails.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn scratch(name: &str) -> Result<Scratch, String> {
    let scratch = Scratch(folder().join(format!(".fetching-{name}-{}", std::process::id())));
    fs::create_dir_all(&scratch.0).map_err(|error| format!("{}: {error}", scratch.0.display()))?;
    Ok(scratch)
}

/// Moves a finished folder to its place in one step; if another process was faster, its copy stays.
fn settle(from: &Path, to: &Path) -> Result<(), String> {
    match fs::rename(from, to) {
        Err(_) if to.is_dir() => fs::remove_dir_all(from).map_err(|error| error.to_string()),
        result => result.map_err(|error| format!("{}: {error}", to.display())),
    }
}

fn only_file(folder: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let file = entries.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.is_file());
    file.ok_or_else(|| "npm wrote no file".to_owned())
}

fn sha256(file: &Path) -> Result<String, String> {
    let mut reader = fs::File::open(file).map_err(|error| error.to_string())?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = reader.read(&mut buffer).map_err(|error| error.to_string())?;
        if count == 0 {
            break;
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn run(command: &mut Command, tool: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{tool} is needed and can't be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr }).into_owned();
    let last: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).take(3).collect();
    Err(format!("{tool} failed: {}", last.join(" | ")))
}
