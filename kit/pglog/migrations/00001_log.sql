-- +goose Up

-- Names that are looked up are compared byte by byte (COLLATE "C"): faster than
-- by the rules of a language, and an index made so outlives an upgrade of the
-- library that knows those rules.

-- head holds the position of the last event. Its one row is also what writers
-- queue for: whoever holds it locked is the only one to give out positions, and
-- keeps it until its commit. The low fillfactor keeps room on its page, so that
-- an update never has to go elsewhere (a HOT update).
CREATE TABLE head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL
) WITH (fillfactor = 10);

INSERT INTO head (position) VALUES (0);

-- events is the log. Rows are added, and never changed or removed.
CREATE TABLE events (
    position    bigint      PRIMARY KEY,
    stream      text        COLLATE "C" NOT NULL,
    version     bigint      NOT NULL,
    id          uuid        NOT NULL,
    type        text        NOT NULL,
    schema      bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    correlation text        NOT NULL,
    causation   text        NOT NULL,
    actor       text        NOT NULL,
    trace       text        NOT NULL,
    body        bytea       NOT NULL,
    UNIQUE (stream, version)
);

-- inbox holds the marks of causes that were handled.
CREATE TABLE inbox (
    consumer text        COLLATE "C" NOT NULL,
    id       uuid        NOT NULL,
    digest   bigint      NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, consumer)
);

-- due holds work that waits. The time of a claimed entry is the end of its
-- lease. Entries come and go all the time, so the table is vacuumed by their
-- number rather than by its size, which is next to nothing. The id stands for
-- kind, stream and key, so that the index of it need not hold them.
CREATE TABLE due (
    id     uuid        PRIMARY KEY,
    kind   text        COLLATE "C" NOT NULL,
    stream text        COLLATE "C" NOT NULL,
    key    text        COLLATE "C" NOT NULL,
    at     timestamptz NOT NULL,
    tries  bigint      NOT NULL,
    holder text        NOT NULL, -- empty unless claimed
    trace  text        NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE INDEX due_by_time ON due (kind, at);

-- cursors holds places in the log. Nothing that changes is indexed and pages
-- have room, so updates are HOT and do not make the table grow.
CREATE TABLE cursors (
    name     text        COLLATE "C" PRIMARY KEY,
    position bigint      NOT NULL,
    holder   text        NOT NULL, -- empty after a yield
    term     bigint      NOT NULL,
    until    timestamptz NOT NULL
) WITH (fillfactor = 20);
