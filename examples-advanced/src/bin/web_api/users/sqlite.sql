CREATE TABLE users (
    -- With AUTOINCREMENT the id of a deleted user is never used again.
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    email      TEXT    NOT NULL UNIQUE,
    created_at BIGINT  NOT NULL,
    version    BIGINT  NOT NULL DEFAULT 1
);
