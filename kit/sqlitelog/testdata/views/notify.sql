-- The mails, by their ids and by their age. What they say and what became of them
-- is read from the log, so a row is written once.
CREATE TABLE IF NOT EXISTS VIEW_messages (
  message_id text PRIMARY KEY,
  order_id   text NOT NULL,
  position   bigint NOT NULL -- in the log; the higher is the newer
);
CREATE INDEX IF NOT EXISTS VIEW_messages_newest ON VIEW_messages (position);
