CREATE TABLE IF NOT EXISTS orders (
    order_id      uuid PRIMARY KEY,
    state         integer     NOT NULL,
    said          bigint      NOT NULL, -- facts said of the order, which is the number of the last
    details       bytea       NOT NULL, -- order.v1.OrderDetails
    total         bigint      NOT NULL, -- in minor units
    currency      text        NOT NULL,
    transaction   text        NOT NULL,
    reason        integer     NOT NULL DEFAULT 0,
    carrier       text        NOT NULL DEFAULT '',
    tracking      text        NOT NULL DEFAULT '',
    place_time    timestamptz NOT NULL,
    pay_by        timestamptz NOT NULL,
    fulfil_by     timestamptz NOT NULL,
    update_time   timestamptz NOT NULL
);

-- What others have said of an order, as far as it only has to be remembered.
CREATE TABLE IF NOT EXISTS progress (
    order_id uuid        NOT NULL,
    fact     text        NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, fact)
);

CREATE TABLE IF NOT EXISTS prices (
    sku          text   PRIMARY KEY,
    name         text   NOT NULL,
    price        bigint NOT NULL, -- in minor units
    currency     text   NOT NULL,
    item_version bigint NOT NULL
);
