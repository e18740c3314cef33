-- Where to look for shipments: by their age, and by their state. What else they
-- are is read from the log.
CREATE TABLE IF NOT EXISTS VIEW_shipments (
  order_id   text PRIMARY KEY,
  created_at bigint NOT NULL,  -- microseconds since 1970
  state      integer NOT NULL, -- as in shipping.v1.ShipmentState
  cancelled  integer NOT NULL  -- 1 if the order is; the state that a booking leads to depends on it
);
-- Lists by state go along this one too and leave out the others: an index that
-- begins with the state would be written with each change of it, and every other
-- index along with it.
CREATE INDEX IF NOT EXISTS VIEW_shipments_newest ON VIEW_shipments (created_at, order_id);
