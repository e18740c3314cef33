-- Whom the mails of orders go to, and how far the facts of the orders are heard.
CREATE TABLE IF NOT EXISTS VIEW_orders (
  order_id  text PRIMARY KEY,
  addressee text NOT NULL -- as JSON
);

-- The mails as they stand now. Their words are made when they are read.
CREATE TABLE IF NOT EXISTS VIEW_messages (
  message_id text PRIMARY KEY,
  order_id   text NOT NULL,
  position   bigint NOT NULL,  -- in the log; the higher is the newer
  state      integer NOT NULL, -- as in notify.v1.MessageState; waiting also if it is owed
  mail       text NOT NULL,    -- what it is about, as JSON
  heard_at   bigint NOT NULL,  -- microseconds since 1970
  sent_at    bigint NOT NULL   -- the same; 0 until then
);
CREATE INDEX IF NOT EXISTS VIEW_messages_newest ON VIEW_messages (position);
CREATE INDEX IF NOT EXISTS VIEW_messages_of_order ON VIEW_messages (order_id, position);
