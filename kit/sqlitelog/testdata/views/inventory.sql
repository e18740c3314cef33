-- The items as they are now, for lists.
CREATE TABLE IF NOT EXISTS VIEW_items (
  sku        text PRIMARY KEY,
  name       text NOT NULL,
  amount     bigint NOT NULL, -- of the price, minor units
  currency   text NOT NULL,
  on_hand    bigint NOT NULL,
  reserved   bigint NOT NULL,
  version    bigint NOT NULL,
  updated_at bigint NOT NULL, -- microseconds since 1970
  position   bigint NOT NULL  -- in the log, of what is shown last of the item
);
CREATE INDEX IF NOT EXISTS VIEW_items_newest ON VIEW_items (position);
