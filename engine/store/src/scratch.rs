//! Databases of a PostgreSQL server for a while: a test's own, copied from one that is prepared.
//!
//! Comes in: the address of any database of the server, whose user may create databases. Goes
//! out: the address of the new one. Publishing the modules takes seconds; a copy takes a moment.

use crate::{
    Failure,
    postgres::{batch, good_name},
    sql::quoted,
};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use std::str::FromStr as _;

/// Makes a database, empty or as a copy of another one that nobody is connected to, and tells its
/// address. A name that is taken or not plain is refused.
pub async fn create_database(url: &str, name: &str, like: Option<&str>) -> Result<String, Failure> {
    let like = like.unwrap_or("template0");
    for name in [name, like] {
        if !good_name(name) {
            return Err(Failure::bad("bad_name", name));
        }
    }
    let options = PgConnectOptions::from_str(url)?;
    let sql = format!("create database {} template {}", quoted(name), quoted(like));
    let mut server = PgConnection::connect_with(&options).await?;
    let made = batch(&mut server, sql).await;
    server.close().await?;
    made?;
    Ok(options.database(name).to_url_lossy().to_string())
}

/// Removes a database and whoever is still connected to it; one that is not there is no error.
pub async fn drop_database(url: &str, name: &str) -> Result<(), Failure> {
    if !good_name(name) {
        return Err(Failure::bad("bad_name", name));
    }
    let mut server = PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?;
    let sql = format!("drop database if exists {} with (force)", quoted(name));
    let dropped = batch(&mut server, sql).await;
    server.close().await?;
    Ok(dropped?)
}
