CREATE TABLE IF NOT EXISTS shipments (
    order_id uuid PRIMARY KEY,
    state    text NOT NULL, -- booked, delivered, cancelled
    carrier  text NOT NULL DEFAULT '',
    tracking text NOT NULL DEFAULT '',
    label    text NOT NULL DEFAULT ''
);
