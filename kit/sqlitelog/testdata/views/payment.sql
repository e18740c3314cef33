-- The payments as they are now, for lists.
CREATE TABLE IF NOT EXISTS VIEW_payments (
  order_id   text PRIMARY KEY,
  state      integer NOT NULL, -- as in payment.v1.PaymentState
  created_at bigint NOT NULL,  -- microseconds since 1970
  past       text NOT NULL     -- all that is shown, as JSON
);
-- Lists by state go along this one too and leave out the others: an index that
-- begins with the state would be written with each change of it, and every other
-- index along with it.
CREATE INDEX IF NOT EXISTS VIEW_payments_newest ON VIEW_payments (created_at, order_id);
