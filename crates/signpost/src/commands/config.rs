use clap::Subcommand;

use super::say;
use crate::configuration::Configuration;

/// Looking at the configuration.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether the configuration can be used.
    Check,
    /// Print every key with its value; passwords are named by file and never printed.
    Show,
}

pub(crate) fn carry_out(command: &ConfigCommand, configuration: &Configuration) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => say("The configuration can be used."),
        ConfigCommand::Show => say(redacted(configuration)?),
    }
    Ok(())
}

/// The configuration as TOML, without what librdkafka may have been told in confidence.
fn redacted(configuration: &Configuration) -> anyhow::Result<String> {
    let mut shown = configuration.clone();
    for (name, value) in &mut shown.kafka.librdkafka {
        if ["password", "secret", "key", "token"].iter().any(|word| name.contains(word)) {
            "(not shown)".clone_into(value);
        }
    }
    Ok(toml::to_string(&shown)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::redacted;
    use crate::configuration::Configuration;

    #[test]
    fn a_secret_among_the_settings_is_not_shown() {
        let mut configuration = Configuration::default();
        configuration.kafka.librdkafka.insert("sasl.password".into(), "hunter2".into());
        configuration.kafka.librdkafka.insert("security.protocol".into(), "SASL_SSL".into());
        let text = redacted(&configuration).unwrap();
        assert!(!text.contains("hunter2") && text.contains("SASL_SSL"), "{text}");
    }
}
