-- What was heard, or asked, and is not to be done again.
CREATE TABLE IF NOT EXISTS inbox (
    consumer   text NOT NULL,
    message_id uuid NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
