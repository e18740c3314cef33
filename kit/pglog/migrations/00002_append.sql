-- +goose Up

-- append keeps what a transaction of Append has admitted, and returns the
-- position that the log ends at then. It is a function so that all of it reaches
-- the server in one message before anything is locked: a writer that is cut off
-- while it sends holds nobody up. It sees to what is not the caller's to know:
-- positions, and whether what the caller takes for true is.
--
-- Each statement in it has a snapshot of its own (it is VOLATILE, and the
-- transaction READ COMMITTED), so all that follow the lock see everything that its
-- former holder has committed. Subqueries are written so that each row means one
-- step down an index, whatever statistics say.
--
-- A release that needs another form of it adds one of another name.
-- +goose StatementBegin
CREATE FUNCTION append(
    -- What is taken for true of streams: an event of that version is there (0
    -- is before the first), with that id unless it is null; and, if it ends there,
    -- none follows. Of streams that get events, the key of events sees to that.
    rest_streams text[], rest_versions bigint[], rest_ids uuid[], rest_ends boolean[],
    -- Events, in the order of their positions.
    streams text[], versions bigint[], ids uuid[], types text[], schemas bigint[], times timestamptz[],
    correlations text[], causations text[], actors text[], traces text[], bodies bytea[],
    -- Marks, which must be new.
    consumers text[], causes uuid[], digests bigint[],
    -- Work, each piece mentioned once. What does not replace must be new.
    clear_ids uuid[],
    set_ids uuid[], set_kinds text[], set_streams text[], set_keys text[],
    set_times timestamptz[], set_tries bigint[], set_traces text[], set_holders text[], set_replaces boolean[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint := coalesce(cardinality(streams), 0);
    reach bigint;
BEGIN
    IF n > 0 THEN
        UPDATE head SET position = position + n WHERE one RETURNING position INTO reach;
    ELSE -- its row is locked all the same
        SELECT position INTO reach FROM head WHERE one FOR UPDATE;
    END IF;
    IF rest_streams IS NOT NULL THEN
        PERFORM FROM unnest(rest_streams, rest_versions, rest_ids, rest_ends) AS r (stream, version, id, ends)
        WHERE r.version > 0 AND (
            SELECT r.id IS NULL OR r.id = e.id FROM events e WHERE e.stream = r.stream AND e.version = r.version
        ) IS NOT TRUE OR r.ends AND (
            SELECT true FROM events e WHERE e.stream = r.stream AND e.version = r.version + 1
        );
        IF FOUND THEN
            RAISE EXCEPTION 'a stream is elsewhere' USING ERRCODE = 'OR001';
        END IF;
    END IF;
    IF n > 0 THEN
        INSERT INTO events (position, stream, version, id, type, schema, recorded_at,
            correlation, causation, actor, trace, body)
        SELECT reach - n + e.place, e.stream, e.version, e.id, e.type, e.schema, e.recorded_at,
            e.correlation, e.causation, e.actor, e.trace, e.body
        FROM unnest(streams, versions, ids, types, schemas, times, correlations, causations, actors, traces, bodies)
            WITH ORDINALITY AS e (stream, version, id, type, schema, recorded_at,
                correlation, causation, actor, trace, body, place);
    END IF;
    IF consumers IS NOT NULL THEN
        INSERT INTO inbox (consumer, id, digest)
        SELECT m.consumer, m.id, m.digest FROM unnest(consumers, causes, digests) AS m (consumer, id, digest);
    END IF;
    IF clear_ids IS NOT NULL THEN
        DELETE FROM due d USING unnest(clear_ids) AS k (id) WHERE d.id = k.id;
    END IF;
    IF false = ANY (set_replaces) THEN -- a plain INSERT writes half of what one with ON CONFLICT does
        INSERT INTO due (id, kind, stream, key, at, tries, trace, holder)
        SELECT w.id, w.kind, w.stream, w.key, w.at, w.tries, w.trace, w.holder
        FROM unnest(set_ids, set_kinds, set_streams, set_keys, set_times, set_tries, set_traces, set_holders,
            set_replaces) AS w (id, kind, stream, key, at, tries, trace, holder, replaces)
        WHERE NOT w.replaces;
    END IF;
    IF true = ANY (set_replaces) THEN
        INSERT INTO due (id, kind, stream, key, at, tries, trace, holder)
        SELECT w.id, w.kind, w.stream, w.key, w.at, w.tries, w.trace, w.holder
        FROM unnest(set_ids, set_kinds, set_streams, set_keys, set_times, set_tries, set_traces, set_holders,
            set_replaces) AS w (id, kind, stream, key, at, tries, trace, holder, replaces)
        WHERE w.replaces
        ON CONFLICT (id) DO UPDATE
        SET at = excluded.at, tries = excluded.tries, trace = excluded.trace, holder = excluded.holder;
    END IF;
    RETURN reach;
END
$$;
-- +goose StatementEnd
