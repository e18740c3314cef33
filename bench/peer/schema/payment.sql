CREATE TABLE IF NOT EXISTS payments (
    order_id    uuid   PRIMARY KEY,
    state       text   NOT NULL, -- authorized, declined, captured, voided
    amount      bigint NOT NULL, -- in minor units
    currency    text   NOT NULL,
    transaction text   NOT NULL,
    reference   text   NOT NULL -- the provider's, of the authorization
);
