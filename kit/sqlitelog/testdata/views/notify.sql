-- What is known of the customers of orders, and of how far their facts are
-- heard.
CREATE TABLE IF NOT EXISTS VIEW_orders (
  order_id text PRIMARY KEY,
  email    text NOT NULL, -- empty until a fact of the order is heard
  name     text NOT NULL,
  through  bigint NOT NULL -- the fact up to which all are heard or no longer waited for
);

-- The mails as they stand now. Their words are made when they are read.
CREATE TABLE IF NOT EXISTS VIEW_messages (
  message_id text PRIMARY KEY,
  order_id   text NOT NULL,
  position   bigint NOT NULL,  -- in the log; the higher is the newer
  sequence   bigint NOT NULL,  -- of the fact; 0 for a refund
  state      integer NOT NULL, -- as in notify.v1.MessageState
  body       bytea NOT NULL,   -- the notify.v1.MailOwed
  heard_at   bigint NOT NULL,  -- microseconds since 1970
  sent_at    bigint NOT NULL   -- the same; 0 until then
);
CREATE INDEX IF NOT EXISTS VIEW_messages_newest ON VIEW_messages (position);
CREATE INDEX IF NOT EXISTS VIEW_messages_of_order ON VIEW_messages (order_id, position);
