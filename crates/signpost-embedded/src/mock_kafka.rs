//! librdkafka's mock broker in a process of its own.
//!
//! It keeps about 5 MiB per partition and then drops the oldest records without a word: many
//! partitions and compression keep the demo below that, and a consumer checks its watermarks.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::time::Duration;

use rdkafka::bindings::{
    rd_kafka_conf_new, rd_kafka_mock_cluster_bootstraps, rd_kafka_mock_cluster_new, rd_kafka_mock_group_initial_rebalance_delay_ms,
    rd_kafka_mock_topic_create, rd_kafka_new, rd_kafka_resp_err_t, rd_kafka_type_t,
};

use crate::{EngineError, EngineProcess};

/// Starts a mock broker as a child: `executable` must hand its arguments to [`crate::host`].
/// Topics are given with their partition counts. The address is `127.0.0.1:PORT`.
///
/// # Errors
/// When the process does not start.
pub fn start(executable: &Path, leading: &[&str], topics: &[(&str, u16)]) -> Result<EngineProcess, EngineError> {
    let mut arguments: Vec<String> = leading.iter().map(|argument| (*argument).to_owned()).collect();
    arguments.push("mock-kafka".into());
    arguments.extend(topics.iter().map(|(topic, partitions)| format!("--topic={topic}:{partitions}")));
    EngineProcess::start("Kafka", executable, &arguments, &[], Duration::from_secs(20))
}

/// Runs the broker in this process for good; `ready` hears its address.
pub(crate) fn run(topics: &[(String, i32)], ready: impl FnOnce(&str)) -> Result<(), String> {
    // SAFETY: a producer handle hosts the cluster; both live until the process ends. Every string
    // outlives the call it is passed to, and the bootstrap text belongs to the living cluster.
    let address = unsafe {
        let mut error = [0; 256];
        let handle = rd_kafka_new(rd_kafka_type_t::RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error.as_mut_ptr(), error.len());
        if handle.is_null() {
            return Err("librdkafka opened no handle".into());
        }
        let cluster = rd_kafka_mock_cluster_new(handle, 1);
        if cluster.is_null() {
            return Err("librdkafka opened no mock cluster".into());
        }
        // A group of one needs no time for others to join.
        rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 50);
        for (topic, partitions) in topics {
            let name = CString::new(topic.as_str()).map_err(|_| "a topic's name holds a zero byte".to_owned())?;
            let created = rd_kafka_mock_topic_create(cluster, name.as_ptr(), *partitions, 1);
            if created != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(format!("topic {topic} could not be created"));
            }
        }
        CStr::from_ptr(rd_kafka_mock_cluster_bootstraps(cluster)).to_string_lossy().into_owned()
    };
    ready(&address);
    loop {
        std::thread::park();
    }
}
