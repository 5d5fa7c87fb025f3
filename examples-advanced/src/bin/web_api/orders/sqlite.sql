CREATE TABLE orders (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT  NOT NULL REFERENCES users (id),
    item       TEXT    NOT NULL,
    quantity   BIGINT  NOT NULL CHECK (quantity > 0),
    status     TEXT    NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'paid', 'shipped', 'cancelled')),
    created_at BIGINT  NOT NULL,
    version    BIGINT  NOT NULL DEFAULT 1
);

CREATE INDEX orders_of_user ON orders (user_id, id);
