CREATE TABLE IF NOT EXISTS items (
    sku      text   PRIMARY KEY,
    name     text   NOT NULL,
    price    bigint NOT NULL, -- in minor units
    currency text   NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    on_hand  bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,
    version  bigint NOT NULL DEFAULT 1,
    CHECK (0 <= reserved AND reserved <= on_hand)
);

CREATE TABLE IF NOT EXISTS reservations (
    order_id   uuid     PRIMARY KEY,
    state      text     NOT NULL, -- reserved, unavailable, dispatched, released
    skus       text[]   NOT NULL DEFAULT '{}',
    quantities bigint[] NOT NULL DEFAULT '{}'
);
