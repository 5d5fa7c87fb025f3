CREATE TABLE users (
    -- AUTOINCREMENT: the id of a deleted user is never given to another.
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    email      TEXT    NOT NULL UNIQUE,
    created_at BIGINT  NOT NULL,
    version    BIGINT  NOT NULL DEFAULT 1
);

CREATE TABLE orders (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT  NOT NULL REFERENCES users (id),
    item       TEXT    NOT NULL,
    quantity   BIGINT  NOT NULL,
    status     TEXT    NOT NULL DEFAULT 'open',
    created_at BIGINT  NOT NULL,
    version    BIGINT  NOT NULL DEFAULT 1
);

CREATE INDEX orders_of_user ON orders (user_id, id);
