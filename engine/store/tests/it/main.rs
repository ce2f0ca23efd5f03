//! The store's contract: the same suite on SQLite and on PostgreSQL.

/// Makes each test run on both databases.
macro_rules! both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::world::World::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::world::World::postgres().await).await;
            })*
        }
    };
}

mod backup;
mod engine;
mod flow;
mod fuzz;
mod group;
mod ledger;
mod publish;
mod query;
mod queue;
mod records;
mod scope;
mod world;
