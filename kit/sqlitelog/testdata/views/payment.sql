-- Where to look for payments: by their age, and by their state. What else they are
-- is read from the log.
CREATE TABLE IF NOT EXISTS VIEW_payments (
  order_id   text PRIMARY KEY,
  created_at bigint NOT NULL,  -- microseconds since 1970
  state      integer NOT NULL, -- as in payment.v1.PaymentState
  captured   bigint NOT NULL,  -- minor units; the state that a refund leads to depends on it
  refunds    text NOT NULL     -- as JSON; the same goes for them
);
-- Lists by state go along this one too and leave out the others: an index that
-- begins with the state would be written with each change of it, and every other
-- index along with it.
CREATE INDEX IF NOT EXISTS VIEW_payments_newest ON VIEW_payments (created_at, order_id);
