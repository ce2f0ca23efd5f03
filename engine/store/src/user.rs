//! Users, the roles they hold, and the epoch that makes a change of rights felt at once (6.1
//! rule 21).

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Insert, Sql},
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::sync::LazyLock;

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: Id,
    /// What is typed at the door; unique, compared as written.
    pub login: String,
    pub name: String,
    /// The record of the people form behind the user.
    pub person: Option<Id>,
    pub language: String,
    /// argon2id in PHC form; without it nobody logs in with a password.
    pub password: Option<String>,
    pub active: bool,
    /// Rises whenever the user's rights change; sessions of an older epoch end.
    pub epoch: u64,
    pub created_at: DateTime<Utc>,
}

/// A role somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeldRole {
    pub role: Ref,
    /// Only within this record (a branch, a warehouse).
    pub within: Option<Id>,
}

const COLUMNS: &str = "id, login, name, person, language, password, active, epoch, created_at";
const TYPES: &[Type] = &[
    Type::Id,
    Type::Text,
    Type::Text,
    Type::Id,
    Type::Text,
    Type::Text,
    Type::Bool,
    Type::Int,
    Type::Moment,
];
/// What stands for "anywhere" in a key that cannot be empty.
const ANYWHERE: Id = Id(uuid::Uuid::nil());

static ROLES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "user_role",
        &[
            ("user", Type::Id),
            ("role", Type::Text),
            ("within", Type::Id),
        ],
        " on conflict do nothing",
    )
});

fn read(row: &mut Row) -> Result<User, Failure> {
    Ok(User {
        id: row.id()?,
        login: row.string()?,
        name: row.string()?,
        person: row.maybe_id()?,
        language: row.string()?,
        password: row.maybe_string()?,
        active: row.bool()?,
        epoch: row.count()?,
        created_at: row.moment()?,
    })
}

impl Tx {
    /// Adds a user. [`Failure::Duplicate`] when the login is taken.
    pub async fn add_user(&mut self, u: &User) -> Result<(), Failure> {
        self.run(
            "insert into \"user\"(id, login, name, person, language, password, active, epoch, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &cells![
                u.id, &u.login, &u.name, u.person, &u.language, u.password.clone(), u.active,
                u.epoch, u.created_at
            ],
        )
        .await
        .map(|_| ())
    }
    /// Writes everything of a user but his id, his epoch and when he was made; raises the epoch,
    /// so that what he does next is judged by the new state.
    pub async fn change_user(&mut self, u: &User) -> Result<(), Failure> {
        let touched = self
            .run(
                "update \"user\" set login = $1, name = $2, person = $3, language = $4, \
                 password = $5, active = $6, epoch = epoch + 1 where id = $7",
                &cells![
                    &u.login,
                    &u.name,
                    u.person,
                    &u.language,
                    u.password.clone(),
                    u.active,
                    u.id
                ],
            )
            .await?;
        if touched == 1 {
            Ok(())
        } else {
            Err(Failure::NotFound)
        }
    }
    /// Sets only the language of a user; his rights stay as they are.
    pub async fn set_language(&mut self, user: Id, language: &str) -> Result<(), Failure> {
        self.run(
            "update \"user\" set language = $1 where id = $2",
            &cells![language, user],
        )
        .await
        .map(|_| ())
    }
    /// A user by id.
    pub async fn user(&mut self, id: Id) -> Result<Option<User>, Failure> {
        self.row(
            format!("select {COLUMNS} from \"user\" where id = $1"),
            &cells![id],
            TYPES,
        )
        .await?
        .map(|mut r| read(&mut r))
        .transpose()
    }
    /// A user by login.
    pub async fn user_by_login(&mut self, login: &str) -> Result<Option<User>, Failure> {
        self.row(
            format!("select {COLUMNS} from \"user\" where login = $1"),
            &cells![login],
            TYPES,
        )
        .await?
        .map(|mut r| read(&mut r))
        .transpose()
    }
    /// The users behind these people (records of the people form).
    pub async fn users_of(&mut self, people: &[Id]) -> Result<Vec<User>, Failure> {
        self.users_where("person", people).await
    }
    /// These users.
    pub async fn users(&mut self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        self.users_where("id", ids).await
    }
    async fn users_where(&mut self, column: &str, ids: &[Id]) -> Result<Vec<User>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select ")
            .push(COLUMNS)
            .push(" from \"user\" where ")
            .name(column);
        sql.within(Type::Id, ids.iter().map(|id| (*id).into()).collect());
        sql.push(" order by login");
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
    /// All users, by login. A site has thousands, not millions.
    pub async fn all_users(&mut self) -> Result<Vec<User>, Failure> {
        let mut rows = self
            .rows(
                format!("select {COLUMNS} from \"user\" order by login"),
                &[],
                TYPES,
            )
            .await?;
        rows.iter_mut().map(read).collect()
    }
    /// The roles a user holds.
    pub async fn roles_of(&mut self, user: Id) -> Result<Vec<HeldRole>, Failure> {
        let mut rows = self
            .rows(
                "select role, within from user_role where \"user\" = $1 order by role, within",
                &cells![user],
                &[Type::Text, Type::Id],
            )
            .await?;
        rows.iter_mut()
            .map(|r| {
                Ok(HeldRole {
                    role: r.parse()?,
                    within: Some(r.id()?).filter(|w| *w != ANYWHERE),
                })
            })
            .collect()
    }
    /// Gives a user exactly these roles, and raises his epoch.
    pub async fn set_roles(&mut self, user: Id, roles: &[HeldRole]) -> Result<(), Failure> {
        self.run("delete from user_role where \"user\" = $1", &cells![user])
            .await?;
        let rows = roles
            .iter()
            .map(|r| row![user, &r.role, r.within.unwrap_or(ANYWHERE)])
            .collect();
        self.insert(&ROLES, rows).await?;
        self.run(
            "update \"user\" set epoch = epoch + 1 where id = $1",
            &cells![user],
        )
        .await
        .map(|_| ())
    }
    /// The active users who hold a role: with `within`, those who hold it there or anywhere.
    pub async fn holders(&mut self, role: &Ref, within: Option<Id>) -> Result<Vec<User>, Failure> {
        let columns = COLUMNS
            .split(", ")
            .map(|c| format!("u.{c}"))
            .collect::<Vec<_>>();
        let mut sql = Sql::new(self.dialect());
        sql.push("select distinct ").push(&columns.join(", "));
        sql.push(" from user_role r join \"user\" u on u.id = r.\"user\" where r.role = ");
        sql.bind(role);
        if let Some(within) = within {
            sql.push(" and r.within");
            sql.within(Type::Id, vec![within.into(), ANYWHERE.into()]);
        }
        sql.push(" and u.active = ")
            .bind(true)
            .push(" order by u.login");
        let (text, binds) = sql.done();
        let mut rows = self.rows(text, &binds, TYPES).await?;
        rows.iter_mut().map(read).collect()
    }
}
