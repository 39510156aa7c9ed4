-- Retention of order books: whole recordings, a transaction each. The same rules as BookExpiry and SymbolLedger.ExpireBooks in KrakenDb.Core, which the tests
-- compare them with. The numbers are BookFrameKind: 1 snapshot, 2 update, 5 answer.

-- What recordings that stay prove of the symbols of one that goes: from the first verified frame of an unbroken run to behind its last. A run ends with a frame that
-- is not verified, an unsubscription, and another depth.
CREATE FUNCTION krakendb_proven_books(p_session BIGINT, p_edge TIMESTAMPTZ)
RETURNS TABLE (symbol TEXT, data_type TEXT, proven TSTZMULTIRANGE) LANGUAGE sql STABLE AS $body$
    WITH remaining AS (
        SELECT other.session_id, other.symbol, other.depth
        FROM capture_sessions going
        JOIN capture_sessions other ON other.symbol = going.symbol AND other.session_id <> going.session_id AND other.start_time <= going.end_time AND other.end_time >= going.start_time
        WHERE going.session_id = p_session AND going.symbol <> '' AND other.depth IS NOT NULL
          AND EXISTS (SELECT FROM capture_sessions part WHERE part.session_id = other.session_id AND part.end_time >= p_edge)
    ), frames AS (
        SELECT session_id, remaining.symbol, remaining.depth AS last_depth, sequence, received_time, kind < 5 AS is_book, verified IS TRUE AS is_verified,
               kind = 5 AND type = 'unsubscribe' AND channel = 'book' AND coalesce(raw_message ->> 'error', raw_message ->> 'Error') IS NULL AS is_left,
               CASE WHEN kind = 5 AND type = 'subscribe' AND channel = 'book' AND jsonb_typeof(raw_message #> '{result,depth}') = 'number' THEN (raw_message #>> '{result,depth}')::numeric END AS subscribed
        FROM remaining JOIN kraken_orderbook_messages USING (session_id, symbol)
        WHERE kind IN (1, 2, 5)
    ), subscriptions AS (
        SELECT *, count(subscribed) OVER (PARTITION BY session_id, symbol ORDER BY sequence) AS subscription FROM frames
    ), depths AS (
        SELECT *, coalesce(max(subscribed) OVER (PARTITION BY session_id, symbol, subscription), last_depth) AS depth FROM subscriptions
    ), breaks AS (
        SELECT *, (is_book AND NOT is_verified) OR is_left OR depth IS DISTINCT FROM lag(depth) OVER (PARTITION BY session_id, symbol ORDER BY sequence) AS is_break FROM depths
    ), runs AS (
        SELECT *, count(*) FILTER (WHERE is_break) OVER (PARTITION BY session_id, symbol ORDER BY sequence) AS run FROM breaks
    ), ranges AS (
        SELECT symbol, depth, tstzrange(min(received_time), max(received_time) + INTERVAL '1 microsecond') AS span
        FROM runs WHERE is_book AND is_verified GROUP BY session_id, symbol, depth, run
    )
    SELECT symbol, 'book_' || depth, range_agg(span) FROM ranges GROUP BY symbol, depth
$body$;

-- One step, in the caller's transaction: a recording whose last frame is older than the edge goes with all that belongs to it, and its time is expired, gaps
-- included, but for what other recordings prove. Returns how many messages went, by symbol; no row where the recording is gone or not old enough.
CREATE FUNCTION krakendb_expire_recording(p_session BIGINT, p_edge TIMESTAMPTZ, OUT market TEXT, OUT dropped BIGINT) RETURNS SETOF RECORD
LANGUAGE plpgsql SET plan_cache_mode = 'force_custom_plan' AS $body$
DECLARE
    v_symbols TEXT[];
    v_types   TEXT[];
    v_proven  TSTZMULTIRANGE[];
    v_row     RECORD;
    v_type    TEXT;
    v_gone    TSTZMULTIRANGE;
    v_starts  TIMESTAMPTZ[];
    v_ends    TIMESTAMPTZ[];
    v_sources SMALLINT[];
    v_grades  SMALLINT[];
BEGIN
    -- The locks that a writer of the recording takes, in its order; statements after them see what was committed before.
    PERFORM pg_advisory_xact_lock(p_session);
    IF coalesce((SELECT max(end_time) >= p_edge FROM capture_sessions WHERE session_id = p_session), true) THEN
        RETURN;
    END IF;

    -- With their chunks, before any is read: a reader that becomes a writer and the policy that compresses a chunk would wait for each other.
    LOCK TABLE kraken_orderbook_messages, kraken_orderbook_entries IN ROW EXCLUSIVE MODE;
    PERFORM pg_advisory_xact_lock(hashtextextended(symbol, 20240603)) FROM (SELECT symbol FROM capture_sessions WHERE session_id = p_session AND symbol <> '' ORDER BY symbol) recorded;
    PERFORM set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
    SELECT array_agg(symbol), array_agg(data_type), array_agg(proven) INTO v_symbols, v_types, v_proven FROM krakendb_proven_books(p_session, p_edge);
    FOR v_row IN
        SELECT recorded.symbol, recorded.depth, recorded.messages, least(recorded.start_time, frames.first_time) AS start_time, greatest(recorded.end_time, frames.last_time) + INTERVAL '1 microsecond' AS end_time
        FROM capture_sessions recorded
        LEFT JOIN (SELECT symbol, min(received_time) AS first_time, max(received_time) AS last_time FROM kraken_orderbook_messages WHERE session_id = p_session AND symbol IS NOT NULL GROUP BY symbol) frames
          ON frames.symbol = recorded.symbol
        WHERE recorded.session_id = p_session
        ORDER BY recorded.symbol
    LOOP
        -- A recording may have changed its depth: all that is claimed of its time is looked at.
        FOR v_type IN
            SELECT data_type FROM data_coverage
            WHERE symbol = v_row.symbol AND data_type LIKE 'book\_%' AND grade > 1 AND start_time < v_row.end_time AND end_time > v_row.start_time
            UNION
            SELECT 'book_' || v_row.depth WHERE v_row.symbol <> '' AND v_row.depth IS NOT NULL
        LOOP
            SELECT tstzmultirange(tstzrange(v_row.start_time, v_row.end_time)) - coalesce(range_agg(stays.proven), '{}') INTO v_gone
            FROM unnest(v_symbols, v_types, v_proven) AS stays (symbol, data_type, proven) WHERE stays.symbol = v_row.symbol AND stays.data_type = v_type;
            CONTINUE WHEN isempty(v_gone);

            -- Touching ranges of one source and grade are one: what CoverageSet does.
            SELECT array_agg(lower(piece)), array_agg(upper(piece)), array_agg(source), array_agg(grade) INTO v_starts, v_ends, v_sources, v_grades
            FROM (SELECT source, grade, unnest(range_agg(part)) AS piece
                  FROM (SELECT source, grade, tstzmultirange(tstzrange(start_time, end_time)) - v_gone AS part FROM data_coverage
                        WHERE symbol = v_row.symbol AND data_type = v_type AND start_time <= v_row.end_time AND end_time >= v_row.start_time
                        UNION ALL
                        SELECT 0::smallint, 1::smallint, v_gone) parts
                  GROUP BY source, grade) joined;
            DELETE FROM data_coverage WHERE symbol = v_row.symbol AND data_type = v_type AND start_time <= v_row.end_time AND end_time >= v_row.start_time;
            INSERT INTO data_coverage (symbol, data_type, start_time, end_time, source, grade)
            SELECT v_row.symbol, v_type, * FROM unnest(v_starts, v_ends, v_sources, v_grades);
        END LOOP;

        market := v_row.symbol;
        dropped := v_row.messages;
        RETURN NEXT;
    END LOOP;

    DELETE FROM kraken_orderbook_messages WHERE session_id = p_session;
    DELETE FROM kraken_orderbook_entries WHERE session_id = p_session;
    DELETE FROM orderbook_keyframes WHERE session_id = p_session;
    DELETE FROM orderbook_incidents WHERE session_id = p_session;
    DELETE FROM capture_sessions WHERE session_id = p_session;
END
$body$;

-- What TimescaleDB's scheduler calls, under the name that its job has: the policies of rows as before, which know nothing of the one of order books, and that one.
ALTER PROCEDURE krakendb_retention(INTEGER, JSONB) RENAME TO krakendb_retention_of_rows;

CREATE PROCEDURE krakendb_retention(job_id INTEGER DEFAULT NULL, config JSONB DEFAULT NULL) LANGUAGE plpgsql AS $body$
DECLARE
    v_now     TIMESTAMPTZ := coalesce((config ->> 'now')::timestamptz, now());
    v_edge    TIMESTAMPTZ;
    v_session BIGINT;
BEGIN
    CALL krakendb_retention_of_rows(job_id, config);
    SELECT krakendb_retention_edge(data_type, keep_days, v_now) INTO v_edge FROM retention_policies WHERE data_type = 'books';
    FOR v_session IN SELECT session_id FROM capture_sessions GROUP BY session_id HAVING max(end_time) < v_edge ORDER BY max(end_time), session_id LOOP
        PERFORM * FROM krakendb_expire_recording(v_session, v_edge);
        COMMIT;
    END LOOP;
END
$body$;
