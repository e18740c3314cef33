CREATE TABLE IF NOT EXISTS mails (
    message_id uuid        PRIMARY KEY, -- of the fact it tells
    order_id   uuid        NOT NULL,
    fact       text        NOT NULL,
    sequence   bigint      NOT NULL,
    recipient  text        NOT NULL,
    subject    text        NOT NULL,
    body       text        NOT NULL,
    sent_at    timestamptz NOT NULL
);
