use crate::configuration::Configuration;
use crate::engines::Engines;
pub(crate) async fn carry_out(configuration: Configuration) -> anyhow::Result<()> { let e = Engines::open(&configuration).await?; serve(&configuration, &e).await }
pub(crate) async fn serve(_configuration: &Configuration, _engines: &Engines) -> anyhow::Result<()> { Ok(()) }
