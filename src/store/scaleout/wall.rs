//! The wall between the zones in PostgreSQL: a group for each zone, logins that are members, and no privilege that
//! `grants` does not list. Raised again, it repairs what has drifted.
//!
//! Refuses: to commit a wall that the server itself would not keep. Invariant: everything is one transaction, at whose
//! end the server is asked, for each login, each table and each column, what it would allow.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row};

use super::grants::{self, Zone};
use super::{ScaleoutStore, connect, schema};
use crate::config;
use crate::store::open::OpenError;

/// Longest prefix, and longest name of a login after it: PostgreSQL cuts names at 63 bytes.
pub const MAX_NAME: usize = 24;

/// The logins of one system.
#[derive(Debug, Clone)]
pub struct Wall {
    /// What the names of all groups and logins begin with; see [`is_name`].
    pub prefix: String,
    /// The logins.
    pub logins: Vec<Login>,
}

/// A login that is to be.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its whole name.
    pub name: String,
    /// What it is for.
    pub zones: Vec<Zone>,
    /// What the server keeps of its password (RFC 5802, SCRAM-SHA-256); `None` leaves the one it has.
    pub verifier: Option<String>,
}

/// What was found when the wall was raised, and left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bystanders {
    /// Others who are members of a group: logins of an earlier run.
    pub members: Vec<String>,
    /// Others who were granted something on a table: for backups, say.
    pub grantees: Vec<String>,
}

/// True for a prefix or a name as the wall takes them: lower case, digits and `_`, beginning with a letter, at most
/// [`MAX_NAME`] characters.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    fits && text.len() <= MAX_NAME && text.starts_with(|first: char| first.is_ascii_lowercase())
}

impl Wall {
    /// The group of a zone.
    #[must_use]
    pub fn group(&self, zone: Zone) -> String {
        format!("{}_role_{zone}", self.prefix)
    }

    fn groups(&self) -> Vec<String> {
        Zone::ALL.into_iter().map(|zone| self.group(zone)).collect()
    }

    /// All groups and logins.
    fn names(&self) -> Vec<String> {
        self.groups().into_iter().chain(self.logins.iter().map(|login| login.name.clone())).collect()
    }
}

impl ScaleoutStore {
    /// Which of these logins the database knows.
    ///
    /// # Errors
    /// [`OpenError::Database`].
    pub async fn known_logins(config: &config::Store, names: &[String]) -> Result<BTreeSet<String>, OpenError> {
        let mut connection = connect::options(config)?.connect().await?;
        let known = known(&mut connection, names).await?;
        connection.close().await?;
        Ok(known)
    }

    /// Makes the groups and logins of `wall`, takes from them and from PUBLIC what is not listed, and grants what is.
    /// The configuration's login must own the tables and have CREATEROLE.
    ///
    /// # Errors
    /// [`OpenError::Older`] and [`OpenError::Newer`] if the database is not of this program's version;
    /// [`OpenError::Wall`] if the server would allow a login more, or less, than is listed, and nothing is changed then;
    /// [`OpenError::Database`].
    pub async fn raise_wall(config: &config::Store, wall: &Wall) -> Result<Bystanders, OpenError> {
        if !wall.names().iter().all(|name| is_identifier(name)) {
            return Err(OpenError::Wall("a name is not made of lower case letters, digits and `_`".to_owned()));
        }
        let mut connection = connect::options(config)?.connect().await?;
        let mut transaction = connection.begin().await?;
        schema::lock(&mut transaction).await?;
        schema::check(&mut transaction).await?;
        make_roles(&mut transaction, wall).await?;
        revoke_all(&mut transaction, wall).await?;
        revoke_memberships(&mut transaction, wall).await?;
        grant(&mut transaction, wall).await?;
        own_nothing(&mut transaction, wall).await?;
        for login in &wall.logins {
            prove(&mut transaction, login).await?;
        }
        let bystanders = bystanders(&mut transaction, wall).await?;
        transaction.commit().await?;
        connection.close().await?;
        Ok(bystanders)
    }
}

/// Names are put into statements: no other characters may be in them.
fn is_identifier(name: &str) -> bool {
    name.len() <= 63 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), OpenError> {
    // Made of names that were checked, of lists in this program and of verifiers in base64.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

async fn known(connection: &mut PgConnection, names: &[String]) -> Result<BTreeSet<String>, OpenError> {
    let known: Vec<String> = sqlx::query_scalar("SELECT rolname::text FROM pg_roles WHERE rolname = ANY($1)")
        .bind(names)
        .fetch_all(connection)
        .await?;
    Ok(known.into_iter().collect())
}

/// Makes the roles that are missing, and takes from all of them what a role of ours never has.
async fn make_roles(connection: &mut PgConnection, wall: &Wall) -> Result<(), OpenError> {
    let known = known(connection, &wall.names()).await?;
    for group in wall.groups().iter().filter(|group| !known.contains(*group)) {
        run(connection, format!("CREATE ROLE {group} NOLOGIN")).await?;
    }
    for login in &wall.logins {
        if !known.contains(&login.name) {
            run(connection, format!("CREATE ROLE {} LOGIN", login.name)).await?;
        }
        if let Some(verifier) = &login.verifier {
            run(connection, format!("ALTER ROLE {} PASSWORD '{verifier}'", login.name)).await?;
        }
    }
    // Only what differs is altered: to say NOSUPERUSER takes a superuser, even where there is nothing to take away.
    let wrong: Vec<String> = sqlx::query_scalar(
        "SELECT 'ALTER ROLE ' || rolname || CASE WHEN rolsuper THEN ' NOSUPERUSER' ELSE '' END \
             || CASE WHEN rolcreaterole THEN ' NOCREATEROLE' ELSE '' END \
             || CASE WHEN rolcreatedb THEN ' NOCREATEDB' ELSE '' END \
             || CASE WHEN rolreplication THEN ' NOREPLICATION' ELSE '' END \
             || CASE WHEN rolbypassrls THEN ' NOBYPASSRLS' ELSE '' END \
             || CASE WHEN rolinherit THEN '' ELSE ' INHERIT' END \
             || CASE WHEN rolname = ANY($2) THEN ' NOLOGIN' ELSE ' LOGIN' END \
         FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication \
             OR rolbypassrls OR NOT rolinherit OR rolcanlogin = (rolname = ANY($2)))",
    )
    .bind(wall.names())
    .bind(wall.groups())
    .fetch_all(&mut *connection)
    .await?;
    for statement in wrong {
        run(connection, statement).await?;
    }
    Ok(())
}

/// Takes everything in the schema from PUBLIC and from the roles; columns go with their tables.
async fn revoke_all(connection: &mut PgConnection, wall: &Wall) -> Result<(), OpenError> {
    let schema = schema_name(connection).await?;
    let whom = format!("PUBLIC, {}", wall.names().join(", "));
    for what in ["TABLES", "SEQUENCES", "FUNCTIONS"] {
        run(connection, format!("REVOKE ALL ON ALL {what} IN SCHEMA {schema} FROM {whom} CASCADE")).await?;
    }
    run(connection, format!("REVOKE ALL ON SCHEMA {schema} FROM {whom} CASCADE")).await
}

/// Our roles are members of nothing but what [`grant`] makes them members of.
async fn revoke_memberships(connection: &mut PgConnection, wall: &Wall) -> Result<(), OpenError> {
    let memberships: Vec<(String, String)> = sqlx::query_as(
        "SELECT quote_ident(granted.rolname), member.rolname::text FROM pg_auth_members AS of \
             JOIN pg_roles AS granted ON granted.oid = of.roleid JOIN pg_roles AS member ON member.oid = of.member \
         WHERE member.rolname = ANY($1)",
    )
    .bind(wall.names())
    .fetch_all(&mut *connection)
    .await?;
    for (group, member) in memberships {
        run(connection, format!("REVOKE {group} FROM {member} CASCADE")).await?;
    }
    Ok(())
}

async fn grant(connection: &mut PgConnection, wall: &Wall) -> Result<(), OpenError> {
    let schema = schema_name(connection).await?;
    let database: String =
        sqlx::query_scalar("SELECT quote_ident(current_database())").fetch_one(&mut *connection).await?;
    for zone in Zone::ALL {
        let group = wall.group(zone);
        run(connection, format!("GRANT CONNECT ON DATABASE {database} TO {group}")).await?;
        run(connection, format!("GRANT USAGE ON SCHEMA {schema} TO {group}")).await?;
        for grant in grants::of(zone) {
            run(connection, format!("GRANT {} TO {group}", grants::clause(grant))).await?;
        }
    }
    for login in &wall.logins {
        for zone in &login.zones {
            run(connection, format!("GRANT {} TO {}", wall.group(*zone), login.name)).await?;
        }
    }
    Ok(())
}

async fn schema_name(connection: &mut PgConnection) -> Result<String, OpenError> {
    Ok(sqlx::query_scalar("SELECT quote_ident(current_schema())").fetch_one(connection).await?)
}

/// Refuses a role of ours that owns something: an owner grants itself whatever was taken from it.
async fn own_nothing(connection: &mut PgConnection, wall: &Wall) -> Result<(), OpenError> {
    let owned: Option<(String, String)> = sqlx::query_as(
        "SELECT owner::regrole::text, what FROM ( \
             SELECT relowner, relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
             UNION ALL SELECT nspowner, 'the schema' FROM pg_namespace WHERE nspname = current_schema() \
             UNION ALL SELECT datdba, 'the database' FROM pg_database WHERE datname = current_database() \
             UNION ALL SELECT proowner, proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace \
         ) AS owned (owner, what) JOIN pg_roles ON pg_roles.oid = owner WHERE rolname = ANY($1) LIMIT 1",
    )
    .bind(wall.names())
    .fetch_optional(connection)
    .await?;
    match owned {
        Some((owner, what)) => Err(OpenError::Wall(format!("{owner} owns {what}: give that to a login of its own"))),
        None => Ok(()),
    }
}

/// What the server would allow: every table, privilege and column, with yes or no.
const EFFECTIVE: &str = "\
    WITH tables AS ( \
        SELECT oid, relname::text AS name FROM pg_class \
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')) \
    SELECT name, privilege, attname::text AS field, has_column_privilege($1, oid, attnum, privilege) AS may \
    FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped \
    CROSS JOIN UNNEST(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS privilege \
    UNION ALL \
    SELECT name, privilege, '', has_table_privilege($1, oid, privilege) \
    FROM tables CROSS JOIN UNNEST(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS privilege \
    UNION ALL \
    SELECT oid::regprocedure::text, 'EXECUTE', '', has_function_privilege($1, oid, 'EXECUTE') \
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace \
    UNION ALL \
    SELECT 'the schema', 'CREATE', '', has_schema_privilege($1, current_schema(), 'CREATE')";

/// Refuses a login that may do more than is listed, or less, by whatever way: as an owner, a superuser, a member of
/// something else, or as PUBLIC.
async fn prove(connection: &mut PgConnection, login: &Login) -> Result<(), OpenError> {
    for row in sqlx::query(EFFECTIVE).bind(&login.name).fetch_all(connection).await? {
        let (table, privilege, column): (&str, &str, &str) =
            (row.try_get("name")?, row.try_get("privilege")?, row.try_get("field")?);
        let (may, should) = (row.try_get("may")?, grants::allow(&login.zones, table, privilege, column));
        if may != should {
            let verb = if may { "can still" } else { "cannot" };
            let dot = if column.is_empty() { "" } else { "." };
            return Err(OpenError::Wall(format!(
                "{} {verb} {privilege} {table}{dot}{column}; it must not own anything here nor be a member of other \
                 roles, and whoever raises the wall must own the tables",
                login.name
            )));
        }
    }
    Ok(())
}

async fn bystanders(connection: &mut PgConnection, wall: &Wall) -> Result<Bystanders, OpenError> {
    let members = sqlx::query_scalar(
        "SELECT DISTINCT member.rolname::text FROM pg_auth_members AS of \
             JOIN pg_roles AS granted ON granted.oid = of.roleid JOIN pg_roles AS member ON member.oid = of.member \
         WHERE granted.rolname = ANY($1) AND member.rolname <> ALL($2) AND member.rolname <> current_user \
         ORDER BY 1",
    )
    .bind(wall.groups())
    .bind(wall.names())
    .fetch_all(&mut *connection)
    .await?;
    let grantees = sqlx::query_scalar(
        "WITH entries AS ( \
             SELECT relowner AS owner, (aclexplode(relacl)).grantee FROM pg_class \
             WHERE relnamespace = current_schema()::regnamespace \
             UNION SELECT relowner, (aclexplode(attacl)).grantee FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid \
             WHERE relnamespace = current_schema()::regnamespace) \
         SELECT DISTINCT rolname::text FROM entries JOIN pg_roles ON pg_roles.oid = grantee \
         WHERE grantee <> owner AND rolname <> ALL($1) ORDER BY 1",
    )
    .bind(wall.names())
    .fetch_all(connection)
    .await?;
    Ok(Bystanders { members, grantees })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_a_statement_is_none() {
        for good in ["temizu", "city_1", "a"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1a", "_a", "Temizu", "a-b", "a;b", "a\"b", "手水", "a b", &"a".repeat(MAX_NAME + 1)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
