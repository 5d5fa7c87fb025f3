CREATE TABLE idempotency_keys (
    client     TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    -- The answer, written in the transaction that takes the key.
    path       TEXT,
    version    BIGINT,
    body       TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
