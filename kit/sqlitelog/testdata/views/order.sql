-- The orders as they are now, for lists and statistics.
CREATE TABLE IF NOT EXISTS VIEW_orders (
  order_id    text PRIMARY KEY,
  customer_id text NOT NULL,
  state       integer NOT NULL, -- as in order.v1.OrderState
  amount      bigint NOT NULL,  -- minor units
  currency    text NOT NULL,
  placed_at   bigint NOT NULL,  -- microseconds since 1970
  updated_at  bigint NOT NULL,  -- microseconds since 1970
  version     bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS VIEW_orders_newest ON VIEW_orders (placed_at, order_id);
CREATE INDEX IF NOT EXISTS VIEW_orders_of_customer ON VIEW_orders (customer_id, placed_at, order_id);

-- How many orders are in each state, and what they are worth.
CREATE TABLE IF NOT EXISTS VIEW_stats (
  state    integer NOT NULL,
  currency text NOT NULL,
  orders   bigint NOT NULL,
  value    bigint NOT NULL, -- minor units
  PRIMARY KEY (state, currency)
);
