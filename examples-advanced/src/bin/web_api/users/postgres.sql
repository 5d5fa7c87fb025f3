CREATE TABLE users (
    id         BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT    NOT NULL,
    email      TEXT    NOT NULL UNIQUE,
    created_at BIGINT  NOT NULL,
    version    BIGINT  NOT NULL DEFAULT 1
);
