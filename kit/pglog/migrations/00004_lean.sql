-- +goose Up

-- An event's row still said in full what many rows have in common, as its type, and in
-- letters what is a few bytes, as its trace; and most events had a second row, in inbox,
-- with the mark of what had led to them. This rewrites the log without. It takes as long
-- as the log is long, and a release from before it cannot append any more (nor do harm):
-- stop all, then start the new one.

-- pack_trace shortens a W3C traceparent of the usual form and version 00, as in
-- "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", to its 26 bytes. Any
-- other is kept as its UTF-8, which does not begin with the zero byte of the version.
-- Package pglog does the same.
-- +goose StatementBegin
CREATE FUNCTION pack_trace(trace text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN trace ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'
        THEN decode(replace(trace, '-', ''), 'hex')
        ELSE convert_to(trace, 'UTF8') END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION unpack_trace(packed bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN substr(packed, 1, 1) = '\x00'
        THEN '00-' || encode(substr(packed, 2, 16), 'hex') || '-' || encode(substr(packed, 18, 8), 'hex')
            || '-' || encode(substr(packed, 26, 1), 'hex')
        ELSE convert_from(packed, 'UTF8') END
$$;
-- +goose StatementEnd

-- unpack_cause returns a causation, which may have a mark before it (see log).
-- +goose StatementBegin
CREATE FUNCTION unpack_cause(packed bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN packed >= '\xff' THEN encode(substr(packed, 10, 16), 'hex')::uuid::text ELSE unpack(packed) END
$$;
-- +goose StatementEnd

-- unpack_body returns a body in which, of the id at the end of the stream's name, a
-- single byte was left: the first byte says which. If it is zero, the rest is as it was.
-- The byte is never one that the escape format has a use for.
-- +goose StatementBegin
CREATE FUNCTION unpack_body(packed bytea, stream bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN substr(packed, 1, 1) = '\x00' THEN substr(packed, 2)
        ELSE decode(replace(encode(substr(packed, 2), 'escape'), chr(get_byte(packed, 0)), right(unpack(stream), 36)), 'escape') END
$$;
-- +goose StatementEnd

DROP VIEW events;
DROP FUNCTION keep;
ALTER TABLE log RENAME TO log_before;

-- kinds has what many events have in common. An actor is part of it if it is a service,
-- of which there are few; for all others it is empty. The number is made of the rest (see
-- kind.number in package pglog), so it means the same in every life of the database, also
-- after a failover that has lost the row: whoever appends an event sees to it in the same
-- transaction that its kind is there.
CREATE TABLE kinds (
    number integer PRIMARY KEY,
    schema integer NOT NULL,
    type   text    COLLATE "C" NOT NULL,
    actor  text    COLLATE "C" NOT NULL
);
INSERT INTO kinds (number, schema, type, actor)
SELECT ('x' || encode(substr(sha256(convert_to(concat_ws(E'\n', schema, type, actor), 'UTF8')), 1, 4), 'hex'))::bit(32)::integer,
    schema, type, actor
FROM (SELECT DISTINCT schema, type, CASE WHEN starts_with(actor, 'service:') THEN actor ELSE '' END AS actor
    FROM log_before) AS k;

-- log is as it was, with a kind (the actor is empty if that says who it is), and traces
-- and bodies packed. A causation may carry the mark of the cause, in the first event of
-- those that the cause led to: then it is a byte 255, which no text has, the 8 bytes of
-- the digest, the 16 of the cause's id, and the consumer. Other marks are in inbox, those
-- of causes that led to nothing, and those from before.
CREATE TABLE log (
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    id          uuid        NOT NULL,
    version     integer     NOT NULL,
    kind        integer     NOT NULL,
    stream      bytea       NOT NULL,
    correlation bytea       NOT NULL,
    causation   bytea       NOT NULL,
    actor       text        NOT NULL,
    trace       bytea       NOT NULL,
    body        bytea       NOT NULL
);
INSERT INTO log (position, recorded_at, id, version, kind, stream, correlation, causation, actor, trace, body)
SELECT e.position, e.recorded_at, e.id, e.version, k.number, e.stream, e.correlation, e.causation,
    CASE WHEN k.actor = '' THEN e.actor ELSE '' END, pack_trace(e.trace), '\x00' || e.body
FROM log_before e JOIN kinds k ON k.schema = e.schema AND k.type = e.type
    AND k.actor = CASE WHEN starts_with(e.actor, 'service:') THEN e.actor ELSE '' END
ORDER BY e.position;
DROP TABLE log_before;
ALTER TABLE log ADD PRIMARY KEY (position), ADD UNIQUE (stream, version);
CREATE UNIQUE INDEX log_mark ON log (substr(causation, 10)) WHERE causation >= '\xff';

-- events is the log for people and their tools. It is read only. Consumer is that of
-- the mark, if the event carries one.
CREATE VIEW events AS
SELECT position, unpack(stream) AS stream, version::bigint AS version, id, k.type, k.schema::bigint AS schema, recorded_at,
    CASE WHEN correlation = '\x00' THEN right(unpack(stream), 36) ELSE unpack(correlation) END AS correlation,
    unpack_cause(causation) AS causation, k.actor || e.actor AS actor, unpack_trace(trace) AS trace,
    unpack_body(body, stream) AS body,
    CASE WHEN causation >= '\xff' THEN convert_from(substr(causation, 26), 'UTF8') END AS consumer
FROM log e JOIN kinds k ON k.number = e.kind;

-- Nearly all work is claimed from the start and done a moment later, so only what is in
-- nobody's hands is in the index by time. What a holder that died has left is found by a
-- look at the whole table.
ALTER TABLE due ALTER COLUMN trace TYPE bytea USING pack_trace(trace);
DROP INDEX due_by_time;
CREATE INDEX due_by_time ON due (kind, at) WHERE holder = '';

-- store does what keep did: it keeps what a transaction of Append has admitted, and
-- returns the position that the log ends at then. It is a function so that all of it
-- reaches the server in one message before anything is locked: a writer that is cut
-- off while it sends holds nobody up. It sees to what is not the caller's to know:
-- positions, and whether what the caller takes for true is.
--
-- Each statement in it has a snapshot of its own (it is VOLATILE, and the transaction
-- READ COMMITTED), so all that follow the lock see everything that its former holder
-- has committed. That is also what makes it right to expect that a stream is not
-- there: whoever begins one has the lock from before he looks until his commit, so of
-- two that meet, the second looks when the first has ended.
--
-- Rows come as one array for each column, and are counted through rather than
-- unnested: unnest of a dozen arrays fills as many temporary tables. What that saves
-- was too little to be measured. Subqueries are written so that each row means one
-- step down an index, whatever statistics say.
--
-- A release that needs another form of it adds one of another name.
-- +goose StatementBegin
CREATE FUNCTION store(
    -- What is taken for true of streams: an event of that version is there (0
    -- is before the first), with that id unless it is null; and, if it ends there,
    -- none follows. Of streams that get events, the key of log sees to that.
    rest_streams bytea[], rest_versions bigint[], rest_ids uuid[], rest_ends boolean[],
    -- Kinds of events, each mentioned once.
    numbers integer[], schemas bigint[], types text[], services text[],
    -- Events, in the order of their positions.
    streams bytea[], versions bigint[], ids uuid[], event_kinds integer[], times timestamptz[],
    correlations bytea[], causations bytea[], actors text[], traces bytea[], bodies bytea[],
    -- Marks, which must be new. One that is carried is in an event's causation.
    consumers text[], causes uuid[], digests bigint[], carried boolean[],
    -- Work, each piece mentioned once. What does not replace must be new.
    clear_ids uuid[],
    set_ids uuid[], set_kinds text[], set_streams bytea[], set_keys text[],
    set_times timestamptz[], set_tries bigint[], set_traces bytea[], set_holders text[], set_replaces boolean[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n integer := coalesce(cardinality(streams), 0);
    reach bigint;
BEGIN
    IF n > 0 THEN
        UPDATE head SET position = position + n WHERE one RETURNING position INTO reach;
    ELSE -- its row is locked all the same
        SELECT position INTO reach FROM head WHERE one FOR UPDATE;
    END IF;
    IF rest_streams IS NOT NULL THEN
        PERFORM FROM generate_series(1, cardinality(rest_streams)) AS i
        WHERE rest_versions[i] > 0 AND (
            SELECT rest_ids[i] IS NULL OR rest_ids[i] = e.id
            FROM log e WHERE e.stream = rest_streams[i] AND e.version = rest_versions[i]
        ) IS NOT TRUE OR rest_ends[i] AND (
            SELECT true FROM log e WHERE e.stream = rest_streams[i] AND e.version = rest_versions[i] + 1
        );
        IF FOUND THEN
            RAISE EXCEPTION 'a stream is elsewhere' USING ERRCODE = 'OR001';
        END IF;
    END IF;
    IF n > 0 THEN
        -- A number that stands for something else already is refused, by the key.
        INSERT INTO kinds (number, schema, type, actor)
        SELECT numbers[i], schemas[i], types[i], services[i] FROM generate_series(1, cardinality(numbers)) AS i
        WHERE (
            SELECT k.schema = schemas[i] AND k.type = types[i] AND k.actor = services[i]
            FROM kinds k WHERE k.number = numbers[i]
        ) IS NOT TRUE;
        INSERT INTO log (position, recorded_at, id, version, kind, stream,
            correlation, causation, actor, trace, body)
        SELECT reach - n + i, times[i], ids[i], versions[i], event_kinds[i], streams[i],
            correlations[i], causations[i], actors[i], traces[i], bodies[i]
        FROM generate_series(1, n) AS i;
    END IF;
    -- Each kind of mark has a key of its own; that there is none of the other kind holds
    -- because whoever may add one has the lock.
    IF true = ANY (carried) THEN
        PERFORM FROM generate_series(1, cardinality(consumers)) AS i
        WHERE carried[i] AND (SELECT true FROM inbox m WHERE m.id = causes[i] AND m.consumer = consumers[i]);
        IF FOUND THEN
            RAISE EXCEPTION 'a mark is in inbox' USING ERRCODE = 'OR001';
        END IF;
    END IF;
    IF false = ANY (carried) THEN
        PERFORM FROM generate_series(1, cardinality(consumers)) AS i
        WHERE NOT carried[i] AND (
            SELECT true FROM log e
            WHERE e.causation >= '\xff' AND substr(e.causation, 10) = uuid_send(causes[i]) || convert_to(consumers[i], 'UTF8')
        );
        IF FOUND THEN
            RAISE EXCEPTION 'a mark is in log' USING ERRCODE = 'OR001';
        END IF;
        INSERT INTO inbox (consumer, id, digest)
        SELECT consumers[i], causes[i], digests[i] FROM generate_series(1, cardinality(consumers)) AS i
        WHERE NOT carried[i];
    END IF;
    IF clear_ids IS NOT NULL THEN
        DELETE FROM due WHERE id = ANY (clear_ids);
    END IF;
    IF false = ANY (set_replaces) THEN -- for each row, ON CONFLICT writes a second record to the write-ahead log
        INSERT INTO due (id, at, tries, kind, stream, key, holder, trace)
        SELECT set_ids[i], set_times[i], set_tries[i], set_kinds[i], set_streams[i], set_keys[i], set_holders[i], set_traces[i]
        FROM generate_series(1, cardinality(set_ids)) AS i
        WHERE NOT set_replaces[i];
    END IF;
    IF true = ANY (set_replaces) THEN
        INSERT INTO due (id, at, tries, kind, stream, key, holder, trace)
        SELECT set_ids[i], set_times[i], set_tries[i], set_kinds[i], set_streams[i], set_keys[i], set_holders[i], set_traces[i]
        FROM generate_series(1, cardinality(set_ids)) AS i
        WHERE set_replaces[i]
        ON CONFLICT (id) DO UPDATE
        SET at = excluded.at, tries = excluded.tries, trace = excluded.trace, holder = excluded.holder;
    END IF;
    RETURN reach;
END
$$;
-- +goose StatementEnd
