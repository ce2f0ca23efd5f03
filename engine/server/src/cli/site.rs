//! Which site a verb works on.

use super::Trouble;
use clap::Args;
use runtime::{Clock, Options, Site};
use std::path::PathBuf;

/// Where a site is kept.
#[derive(Args, Clone)]
pub struct Place {
    /// Folder of the site: its database (unless --database is given) and its files
    #[arg(
        long,
        env = "FORMWORK_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,
    /// PostgreSQL instead of the folder's own database: postgres://user:password@host/name
    #[arg(
        long,
        env = "FORMWORK_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// Schema of the site on PostgreSQL
    #[arg(
        long,
        env = "FORMWORK_SCHEMA",
        value_name = "NAME",
        default_value = "formwork"
    )]
    pub schema: String,
    /// Accept a PostgreSQL whose settings may lose acknowledged work (for tests)
    #[arg(long, env = "FORMWORK_ALLOW_UNSAFE", hide = true)]
    pub allow_unsafe: bool,
}

impl Place {
    /// The options the runtime wants.
    pub fn options(&self) -> Result<Options, Trouble> {
        if let Some(url) = &self.database
            && !["postgres://", "postgresql://"]
                .iter()
                .any(|start| url.starts_with(start))
        {
            let say = "--database takes a postgres:// address; without it the folder's own \
                       database is used";
            return Err(Trouble::Usage(say.into()));
        }
        Ok(Options {
            data: self.data.clone(),
            database: self.database.clone().filter(|url| !url.is_empty()),
            schema: self.schema.clone(),
            clock: Clock::System,
            program: std::env::current_exe()?,
            allow_unsafe: self.allow_unsafe,
        })
    }
    /// Opens the site, creating it where it is missing.
    pub async fn open(&self) -> Result<Site, Trouble> {
        Ok(Site::open(self.options()?).await?)
    }
    /// Opens a site that must be there, also while it is being served: a verb that only looks must
    /// not make one.
    pub async fn open_existing(&self) -> Result<Site, Trouble> {
        if self.database.is_none() && !self.data.is_dir() {
            return Err(Trouble::Failed(format!(
                "there is no site in {}",
                self.data.display()
            )));
        }
        Ok(Site::open_beside(self.options()?).await?)
    }
}
