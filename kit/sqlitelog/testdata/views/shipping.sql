-- The shipments as they are now, for lists.
CREATE TABLE IF NOT EXISTS VIEW_shipments (
  order_id   text PRIMARY KEY,
  state      integer NOT NULL, -- as in shipping.v1.ShipmentState
  created_at bigint NOT NULL,  -- microseconds since 1970
  past       text NOT NULL     -- all that is shown, as JSON
);
CREATE INDEX IF NOT EXISTS VIEW_shipments_newest ON VIEW_shipments (created_at, order_id);
CREATE INDEX IF NOT EXISTS VIEW_shipments_in_state ON VIEW_shipments (state, created_at, order_id);
