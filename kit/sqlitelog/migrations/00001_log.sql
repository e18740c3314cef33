-- +goose Up

-- Times are microseconds since 1970. Names that are looked up are compared byte
-- by byte, which is SQLite's own way. STRICT has it refuse what is of another
-- type, where it would otherwise keep it as it comes.

-- events is the log. Rows are added, and never changed or removed, so the last
-- position is that of the last row: there is no counter besides.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    type        TEXT    NOT NULL,
    schema      INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    correlation TEXT    NOT NULL,
    causation   TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    trace       TEXT    NOT NULL,
    body        BLOB    NOT NULL,
    UNIQUE (stream, version)
) STRICT;

-- inbox holds the marks of causes that were handled.
CREATE TABLE inbox (
    consumer TEXT    NOT NULL,
    id       BLOB    NOT NULL,
    digest   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (id, consumer)
) STRICT, WITHOUT ROWID;

-- due holds work that waits. The time of a claimed entry is the end of its
-- lease.
CREATE TABLE due (
    kind   TEXT    NOT NULL,
    stream TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    tries  INTEGER NOT NULL,
    holder TEXT    NOT NULL, -- empty unless claimed
    trace  TEXT    NOT NULL,
    PRIMARY KEY (kind, stream, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX due_by_time ON due (kind, at, stream, key);

-- cursors holds places in the log.
CREATE TABLE cursors (
    name     TEXT    PRIMARY KEY,
    position INTEGER NOT NULL,
    holder   TEXT    NOT NULL, -- empty after a yield
    term     INTEGER NOT NULL,
    until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
