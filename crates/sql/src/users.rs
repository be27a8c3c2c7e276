//! Listeners, from admission to erasure.

use async_trait::async_trait;
use reprise_core::ports::{
    Admission, Admitted, Erased, InviteHash, StoreError, StoreResult, User, Users, Version, Versioned,
    Written,
};
use reprise_domain::ids::{AccountId, SpotifyUserId, UserId};
use sqlx::sqlite::SqliteExecutor;

use crate::open::commit;
use crate::rows::{Key, Write, failed, get, json, list};
use crate::{SqlStore, due, invites, tokens};

const WRITE: Write = Write {
    operation: "store a listener",
    insert: None,
    update: "UPDATE users SET version = version + 1, doc = $1, account = $4, spotify_id = $5
             WHERE version = $2 AND id = $3",
};

const ADMIT: &str = "admit a listener";

/// What is erased, and the words for it; those that others refer to come last.
const ERASURE: [(&str, &str); 9] = [
    ("alerts", "DELETE FROM alerts WHERE user_id = $1"),
    ("appointments", "DELETE FROM due WHERE user_id = $1"),
    ("runs", "DELETE FROM runs WHERE user_id = $1"),
    ("archive playlists", "DELETE FROM targets WHERE user_id = $1"),
    ("weeks", "DELETE FROM generations WHERE user_id = $1"),
    ("sources", "DELETE FROM sources WHERE user_id = $1"),
    ("invitation", "DELETE FROM invites WHERE used_by = $1"),
    ("grant", "DELETE FROM grants WHERE user_id = $1"),
    ("account", "DELETE FROM users WHERE id = $1"),
];

async fn by_account(
    executor: impl SqliteExecutor<'_>,
    operation: &'static str,
    account: Option<&AccountId>,
    spotify_id: &SpotifyUserId,
) -> StoreResult<Option<Versioned<User>>> {
    let sql = "SELECT version, doc FROM users
               WHERE account = $1 OR (spotify_id = $2 AND (account IS NULL OR $1 IS NULL))
               ORDER BY CASE WHEN account = $1 THEN 0 ELSE 1 END LIMIT $3";
    let keys = [Key::Maybe(account.map(AccountId::as_str)), Key::Text(spotify_id.as_str())];
    get(executor, operation, sql, &keys).await
}

/// Consumes an invitation; answers the role it gives, if it was still valid.
async fn consume(
    transaction: &mut sqlx::SqliteConnection,
    hash: &InviteHash,
    admission: &Admission,
) -> StoreResult<Option<reprise_core::ports::Role>> {
    let Some(read) = invites::read(&mut *transaction, ADMIT, hash).await? else { return Ok(None) };
    let (mut invite, version) = (read.value, read.version);
    if !invite.is_valid(admission.at) {
        return Ok(None);
    }
    invite.used = Some((admission.user.id.clone(), admission.at));
    let written = invites::write(&mut *transaction, &invite, version).await?;
    Ok((written != Written::Conflict).then_some(invite.role))
}

#[async_trait]
impl Users for SqlStore {
    async fn user(&self, id: &UserId) -> StoreResult<Option<Versioned<User>>> {
        let sql = "SELECT version, doc FROM users WHERE id = $1 LIMIT $2";
        get(&self.readers, "read a listener", sql, &[Key::Text(id.as_str())]).await
    }

    async fn user_by_account(
        &self,
        account: Option<&AccountId>,
        spotify_id: &SpotifyUserId,
    ) -> StoreResult<Option<Versioned<User>>> {
        by_account(&self.readers, "look for a listener", account, spotify_id).await
    }

    async fn users(&self, after: Option<&UserId>, limit: usize) -> StoreResult<Vec<User>> {
        let sql = "SELECT version, doc FROM users WHERE $1 IS NULL OR id > $1 ORDER BY id LIMIT $2";
        let after = [Key::Maybe(after.map(UserId::as_str))];
        let users = list(&self.readers, "list listeners", sql, &after, limit).await?;
        Ok(users.into_iter().map(|user| user.value).collect())
    }

    async fn put_user(&self, user: &User, read: Version) -> StoreResult<Written> {
        let keys = [
            Key::Text(user.id.as_str()),
            Key::Maybe(user.account.as_ref().map(AccountId::as_str)),
            Key::Text(user.spotify_id.as_str()),
        ];
        WRITE.put(&self.writer, &keys, user, read).await
    }

    async fn admit(&self, admission: &Admission) -> StoreResult<Admitted> {
        let mut user = admission.user.clone();
        let mut transaction = self.begin(ADMIT).await?;
        let known = by_account(&mut *transaction, ADMIT, user.account.as_ref(), &user.spotify_id).await?;
        if let Some(known) = known {
            return Ok(Admitted::AlreadyKnown(known.value.id));
        }
        let insert = "INSERT INTO users (id, account, spotify_id, version, doc) VALUES ($1, $2, $3, 1, $4)";
        let insert = |user: &User| -> Result<_, StoreError> {
            Ok(sqlx::query(insert)
                .bind(user.id.as_str().to_owned())
                .bind(user.account.as_ref().map(|account| account.as_str().to_owned()))
                .bind(user.spotify_id.as_str().to_owned())
                .bind(json(user, ADMIT)?))
        };
        // The listener first, whom the used invitation refers to; the role follows.
        insert(&user)?.execute(&mut *transaction).await.map_err(failed(ADMIT))?;
        if let Some(hash) = &admission.invite {
            let Some(role) = consume(&mut transaction, hash, admission).await? else {
                return Ok(Admitted::InviteGone);
            };
            user.role = role;
            let update = sqlx::query("UPDATE users SET doc = $1 WHERE id = $2");
            let update = update.bind(json(&user, ADMIT)?).bind(user.id.as_str());
            update.execute(&mut *transaction).await.map_err(failed(ADMIT))?;
        }
        tokens::create(&mut transaction, &user.id, &admission.grant, ADMIT).await?;
        due::schedule(&mut *transaction, ADMIT, &admission.first_work(), admission.at).await?;
        commit(transaction, ADMIT).await?;
        Ok(Admitted::Welcome(user.role))
    }

    async fn erase(&self, id: &UserId) -> StoreResult<Erased> {
        let operation = "erase a listener";
        let mut transaction = self.begin(operation).await?;
        let mut erased = Erased::default();
        for (kind, sql) in ERASURE {
            let delete = sqlx::query(sql).bind(id.as_str()).execute(&mut *transaction).await;
            erased.note(kind, delete.map_err(failed(operation))?.rows_affected());
        }
        commit(transaction, operation).await?;
        erased.records.reverse();
        Ok(erased)
    }
}
