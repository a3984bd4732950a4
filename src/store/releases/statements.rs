//! Requests in SQL, the same text for both kinds of databases.
//!
//! Refuses: to name a request without its tenant. Invariant: one text says who may decide, for lists and for decisions.

/// Who decides for which department on day `$2`: `holder` is the approver, `decider` whoever uses that right, `place` the
/// name of the approver in whose place they do, empty if it is themselves. Whoever is blocked gives no right to a deputy.
macro_rules! power {
    ($query:literal) => {
        concat!(
            "WITH approver AS ( \
                SELECT DISTINCT post.department, post.account AS holder, account.name FROM posting AS post \
                JOIN account ON account.tenant = post.tenant AND account.id = post.account AND NOT account.blocked \
                WHERE post.tenant = $1 AND post.role = 'approver' AND post.from_day <= $2 \
                    AND (post.until_day IS NULL OR post.until_day >= $2)), \
            power AS ( \
                SELECT department, holder, holder AS decider, '' AS place FROM approver \
                UNION ALL \
                SELECT approver.department, approver.holder, deputy.deputy, approver.name FROM approver \
                JOIN deputy ON deputy.tenant = $1 AND deputy.approver = approver.holder AND deputy.from_day <= $2 \
                    AND deputy.until_day >= $2 \
                JOIN account ON account.tenant = $1 AND account.id = deputy.deputy AND NOT account.blocked) ",
            $query
        )
    };
}

/// Tenant, day, decider, limit.
pub(super) const TO_DECIDE: &str = power!(
    "SELECT request.*, MIN(power.place) AS place FROM release_request AS request \
     JOIN power ON power.department = request.department AND power.holder <> request.requester \
     WHERE request.tenant = $1 AND request.state = 'waiting' AND power.decider = $3 AND request.requester <> $3 \
     GROUP BY request.tenant, request.id ORDER BY request.asked_at, request.id LIMIT $4"
);
/// The same.
pub(super) const COUNT_TO_DECIDE: &str = power!(
    "SELECT COUNT(*) AS count FROM (SELECT DISTINCT request.id FROM release_request AS request \
     JOIN power ON power.department = request.department AND power.holder <> request.requester \
     WHERE request.tenant = $1 AND request.state = 'waiting' AND power.decider = $3 AND request.requester <> $3 \
     LIMIT $4) AS found"
);
/// Tenant, day, decider, department, requester: a row of [`Power`](super::Power).
pub(super) const POWER: &str = power!(
    "SELECT MIN(power.place) AS place FROM power \
     WHERE power.decider = $3 AND power.department = $4 AND power.holder <> $5 AND power.decider <> $5"
);
/// Tenant, day, department, requester.
pub(super) const DECIDERS: &str = power!(
    "SELECT power.decider AS account, account.name AS name FROM power \
     JOIN account ON account.tenant = $1 AND account.id = power.decider \
     WHERE power.department = $3 AND power.holder <> $4 AND power.decider <> $4 \
     GROUP BY power.decider, account.name ORDER BY MIN(power.place), account.name, power.decider"
);
/// Tenant, day, account, department.
pub(super) const BELONGS: &str = "\
    SELECT 1 AS found FROM posting AS post \
    JOIN account ON account.tenant = post.tenant AND account.id = post.account AND NOT account.blocked \
    WHERE post.tenant = $1 AND post.account = $3 AND post.department = $4 AND post.from_day <= $2 \
        AND (post.until_day IS NULL OR post.until_day >= $2)";
/// Tenant, item.
pub(super) const CAME_FOR: &str = "\
    SELECT arrival.mailbox FROM arrival JOIN item ON item.tenant = arrival.tenant AND item.id = arrival.item \
    WHERE arrival.tenant = $1 AND arrival.item = $2 AND item.stage <> 'expired' ORDER BY arrival.mailbox";
/// Tenant, item, mailbox.
pub(super) const SEEN: &str = "\
    SELECT arrival.item, arrival.mailbox, arrival.received_at, arrival.length, arrival.about, arrival.state, \
        arrival.wrong_passwords, item.stage \
    FROM arrival \
    JOIN item ON item.tenant = arrival.tenant AND item.id = arrival.item \
    WHERE arrival.tenant = $1 AND arrival.item = $2 AND arrival.mailbox = $3";
/// Tenant, item.
pub(super) const STAGE: &str = "SELECT stage FROM item WHERE tenant = $1 AND id = $2";
/// A second open one of the same account for the same file is refused by an index.
pub(super) const KEEP: &str = "\
    INSERT INTO release_request (tenant, id, item, part, requester, department, state, asked_at, until, about) \
    VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9) ON CONFLICT DO NOTHING";
pub(in crate::store) const TELL: &str = "\
    INSERT INTO tiding (tenant, kind, account, item, request, since) VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT DO NOTHING";
pub(super) const WITHDRAW: &str =
    "UPDATE release_request SET state = 'withdrawn' WHERE tenant = $1 AND id = $2 AND state = 'waiting'";
pub(super) const JUDGE: &str = "\
    UPDATE release_request SET state = $3, until = $4, decided_by = $5, decided_at = $6, about = $7 \
    WHERE tenant = $1 AND id = $2 AND state = 'waiting'";
pub(super) const HAND_OVER: &str = "\
    UPDATE release_request SET state = 'handed_over' WHERE tenant = $1 AND id = $2 AND state IN ('approved', 'handed_over')";
pub(super) const OWN: &str = "\
    SELECT * FROM release_request WHERE tenant = $1 AND requester = $2 ORDER BY asked_at DESC, id DESC LIMIT $3";
pub(super) const APPROVED: &str = "\
    SELECT * FROM release_request WHERE tenant = $1 AND requester = $2 AND state IN ('approved', 'handed_over') \
        AND until > $3 ORDER BY asked_at DESC, id DESC";
pub(super) const DECIDED: &str = "\
    SELECT * FROM release_request WHERE tenant = $1 AND decided_by = $2 AND decided_at >= $3 \
    ORDER BY decided_at DESC, id DESC LIMIT $4";
pub(super) const IS_BLOCKED: &str = "SELECT blocked FROM account WHERE tenant = $1 AND id = $2";
