-- The dead letters that wait, and those that did.
CREATE TABLE IF NOT EXISTS VIEW_letters (
  name      text PRIMARY KEY,  -- undertaking and letter
  letter_id text NOT NULL,
  order_id  text NOT NULL,     -- the undertaking
  number    bigint NOT NULL,   -- position of the event that parked it
  version   bigint NOT NULL,   -- version of that event
  waiting   integer NOT NULL,  -- 1, or 0 once it is gone
  reason    text NOT NULL,
  type      text NOT NULL,
  cause     text NOT NULL,
  error     text NOT NULL,     -- of the last try
  attempts  bigint NOT NULL,
  parked_at bigint NOT NULL    -- microseconds since 1970
);
CREATE INDEX IF NOT EXISTS VIEW_letters_waiting ON VIEW_letters (waiting, number);
CREATE INDEX IF NOT EXISTS VIEW_letters_by_id ON VIEW_letters (letter_id);
CREATE INDEX IF NOT EXISTS VIEW_letters_by_order ON VIEW_letters (order_id, number);

-- What operators did about them.
CREATE TABLE IF NOT EXISTS VIEW_interventions (
  name      text PRIMARY KEY,  -- position of its event
  number    bigint NOT NULL,   -- the same
  kind      text NOT NULL,     -- type of the event
  letter_id text NOT NULL,
  order_id  text NOT NULL,
  operator  text NOT NULL,
  reason    text NOT NULL,
  at        bigint NOT NULL    -- microseconds since 1970
);
CREATE INDEX IF NOT EXISTS VIEW_interventions_latest ON VIEW_interventions (number);
