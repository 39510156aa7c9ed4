-- Retention of our own (design section 6a): rows go, coverage becomes expired and kept rollups are stored in one transaction per symbol and week.
-- The same rules as KeptRollup and SymbolLedger.Expire in KrakenDb.Core, which the tests compare them with.

CREATE TABLE retention_policies (
    data_type TEXT COLLATE "C" PRIMARY KEY,
    keep_days INTEGER NOT NULL CHECK (keep_days > 0)
);

-- From when on minutes are kept is asked before every read of a rollup.
CREATE INDEX data_coverage_expired ON data_coverage (data_type, end_time) WHERE grade = 1;

-- Rows go in whole days (trades), weeks, or candles that do not divide a week.
CREATE FUNCTION krakendb_retention_unit(p_data_type TEXT) RETURNS INTERVAL LANGUAGE sql IMMUTABLE AS $body$
    SELECT CASE WHEN p_data_type NOT LIKE 'candles%' THEN INTERVAL '24 hours'
                WHEN 10080 % substring(p_data_type FROM '\d+')::integer = 0 THEN INTERVAL '168 hours'
                ELSE make_interval(mins => substring(p_data_type FROM '\d+')::integer) END
$body$;

CREATE FUNCTION krakendb_retention_edge(p_data_type TEXT, p_keep_days INTEGER, p_now TIMESTAMPTZ) RETURNS TIMESTAMPTZ LANGUAGE sql STABLE AS $body$
    SELECT date_bin(krakendb_retention_unit(p_data_type), p_now - make_interval(hours => 24 * p_keep_days), '2000-01-03 00:00:00+00'::timestamptz)
$body$;

-- Per bucket that the minutes touch: the first of the sources that covers all of it.
CREATE FUNCTION krakendb_covered(p_symbol TEXT, p_sources INTEGER[], p_start TIMESTAMPTZ, p_end TIMESTAMPTZ, p_width INTERVAL)
RETURNS TABLE (bucket TIMESTAMPTZ, ord BIGINT, rank INTEGER) LANGUAGE sql STABLE AS $body$
    SELECT DISTINCT ON (series) series, sources.ord, min(grade * 256 + source)
    FROM generate_series(p_start, p_end - p_width, p_width) series
    CROSS JOIN unnest(p_sources) WITH ORDINALITY AS sources (minutes, ord)
    JOIN data_coverage ON symbol = p_symbol AND data_type = 'candles_' || minutes || 'm' AND grade > 1 AND start_time < series + p_width AND end_time > series
    WHERE EXISTS (SELECT FROM data_coverage touched WHERE touched.symbol = p_symbol AND touched.data_type = 'candles_1m' AND touched.grade > 1 AND touched.start_time < series + p_width AND touched.end_time > series)
       OR EXISTS (SELECT FROM candles WHERE candles.symbol = p_symbol AND interval_minutes = 1 AND timestamp >= p_start AND timestamp < p_end AND timestamp >= series AND timestamp < series + p_width)
    GROUP BY series, sources.ord
    HAVING sum(least(end_time, series + p_width) - greatest(start_time, series)) = p_width
    ORDER BY series, sources.ord
$body$;

-- Stores one rollup of the minutes of whole weeks as rows of its own: for each bucket that the minutes touch what a reader was given. Returns how many rows.
CREATE FUNCTION krakendb_keep_rollup(p_symbol TEXT, p_minutes INTEGER, p_start TIMESTAMPTZ, p_end TIMESTAMPTZ, p_now TIMESTAMPTZ) RETURNS BIGINT
LANGUAGE plpgsql SET plan_cache_mode = 'force_custom_plan' AS $body$
DECLARE
    c_origin    CONSTANT TIMESTAMPTZ := '2000-01-03 00:00:00+00';
    v_width     INTERVAL := make_interval(mins => p_minutes);
    v_type      TEXT := 'candles_' || p_minutes || 'm';
    v_sources   INTEGER[];
    v_covered   TIMESTAMPTZ[];
    v_ranks     INTEGER[];
    v_written   TIMESTAMPTZ[];
    v_empty     TIMESTAMPTZ[];
    v_before    BIGINT;
    v_after     BIGINT;
    v_gone      BIGINT := 0;
    v_starts    TIMESTAMPTZ[];
    v_ends      TIMESTAMPTZ[];
    v_keys      INTEGER[];
BEGIN
    -- What the rollup is chosen from, in a reader's order: the minutes, its own rows, then coarser ones before finer.
    SELECT ARRAY[1, p_minutes] || coalesce(array_agg(finer ORDER BY finer DESC), '{}') INTO v_sources
    FROM (SELECT substring(data_type FROM '\d+')::integer AS finer FROM data_sync_status WHERE symbol = p_symbol AND data_type LIKE 'candles%') stored
    WHERE finer > 1 AND finer < p_minutes AND p_minutes % finer = 0;

    -- Buckets that the minutes touch and that a source covers, each as well as the least part of it (grade * 256 + source); not those that its own rows cover.
    SELECT coalesce(array_agg(bucket ORDER BY bucket), '{}'), coalesce(array_agg(rank ORDER BY bucket), '{}') INTO v_covered, v_ranks
    FROM krakendb_covered(p_symbol, v_sources, p_start, p_end, v_width)
    WHERE ord <> 2;
    SELECT count(*) INTO v_before FROM candles WHERE symbol = p_symbol AND interval_minutes = p_minutes AND timestamp >= p_start AND timestamp < p_end;

    -- div() is exact: value by volume, rounded half away from zero to 10 decimals, once.
    WITH rolled AS (
        SELECT ord, date_bin(v_width, timestamp, c_origin) AS bucket,
               (array_agg(open ORDER BY timestamp))[1] AS open, max(high) AS high, min(low) AS low, (array_agg(close ORDER BY timestamp DESC))[1] AS close,
               sum(volume) AS volume, sum(trade_count)::bigint AS trade_count, min(source) AS source,
               count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) AS unknown_quotes,
               coalesce(sum(quote_volume), 0) AS known_quotes,
               coalesce(sum(coalesce(quote_volume, volume * vwap)), 0) AS value,
               coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0) AS valued
        FROM candles JOIN unnest(v_sources) WITH ORDINALITY AS sources (minutes, ord) ON interval_minutes = minutes
        WHERE symbol = p_symbol AND interval_minutes = ANY (v_sources) AND timestamp >= p_start AND timestamp < p_end
        GROUP BY ord, date_bin(v_width, timestamp, c_origin)
    ), best AS (
        SELECT DISTINCT ON (bucket) rolled.*
        FROM rolled LEFT JOIN krakendb_covered(p_symbol, v_sources, p_start, p_end, v_width) chosen USING (bucket)
        WHERE (chosen.ord IS NULL OR chosen.ord = rolled.ord)
          AND (EXISTS (SELECT FROM rolled touched WHERE touched.ord = 1 AND touched.bucket = rolled.bucket)
               OR EXISTS (SELECT FROM data_coverage WHERE symbol = p_symbol AND data_type = 'candles_1m' AND grade > 1 AND start_time < bucket + v_width AND end_time > bucket))
        ORDER BY bucket, rolled.trade_count DESC, rolled.volume DESC, rolled.ord
    ), written AS (
        INSERT INTO candles (symbol, interval_minutes, timestamp, open, high, low, close, volume, quote_volume, trade_count, vwap, source)
        SELECT p_symbol, p_minutes, bucket, best.open, best.high, best.low, best.close, best.volume,
               CASE WHEN unknown_quotes = 0 THEN known_quotes END, best.trade_count,
               CASE WHEN valued <> 0 THEN div(2 * value * 10000000000 + valued, 2 * valued) * 0.0000000001 END, best.source
        FROM best
        WHERE ord <> 2
        ON CONFLICT (symbol, interval_minutes, timestamp) DO UPDATE SET
            open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume,
            quote_volume = excluded.quote_volume, trade_count = excluded.trade_count, vwap = excluded.vwap, source = excluded.source
        RETURNING timestamp
    )
    SELECT coalesce(array_agg(timestamp), '{}') INTO v_written FROM written;
    SELECT count(*) INTO v_after FROM candles WHERE symbol = p_symbol AND interval_minutes = p_minutes AND timestamp >= p_start AND timestamp < p_end;

    -- Where a better source covers a bucket and has no trade, nothing is what the answer was.
    v_empty := ARRAY(SELECT unnest(v_covered) EXCEPT SELECT unnest(v_written));
    IF v_before > 0 AND cardinality(v_empty) > 0 THEN
        DELETE FROM candles WHERE symbol = p_symbol AND interval_minutes = p_minutes AND timestamp >= p_start AND timestamp < p_end AND timestamp = ANY (v_empty);
        GET DIAGNOSTICS v_gone = ROW_COUNT;
    END IF;

    IF cardinality(v_written) > 0 THEN
        INSERT INTO data_sync_status AS present (symbol, data_type, oldest_timestamp, newest_timestamp, last_sync_at, total_records)
        SELECT p_symbol, v_type, min(written), max(written), p_now, v_after - v_before FROM unnest(v_written) written
        ON CONFLICT (symbol, data_type) DO UPDATE SET
            oldest_timestamp = least(present.oldest_timestamp, excluded.oldest_timestamp), newest_timestamp = greatest(present.newest_timestamp, excluded.newest_timestamp),
            last_sync_at = excluded.last_sync_at, total_records = present.total_records + excluded.total_records;
    END IF;

    IF v_gone > 0 THEN
        DELETE FROM data_sync_status WHERE symbol = p_symbol AND data_type = v_type AND total_records <= v_gone;
        UPDATE data_sync_status SET total_records = total_records - v_gone, oldest_timestamp = extent.oldest, newest_timestamp = extent.newest
        FROM (SELECT min(timestamp) AS oldest, max(timestamp) AS newest FROM candles WHERE symbol = p_symbol AND interval_minutes = p_minutes) extent
        WHERE symbol = p_symbol AND data_type = v_type;
    END IF;

    IF cardinality(v_covered) > 0 THEN
        -- At each instant the greatest rank stays, touching ranges of equal rank are one: what CoverageSet does.
        SELECT array_agg(start_time), array_agg(end_time), array_agg(rank) INTO v_starts, v_ends, v_keys
        FROM (SELECT start_time, end_time, grade * 256 + source AS rank FROM data_coverage
              WHERE symbol = p_symbol AND data_type = v_type AND start_time <= p_end AND end_time >= p_start
              UNION ALL
              SELECT min(bucket), max(bucket) + v_width, rank
              FROM (SELECT bucket, rank, bucket - row_number() OVER (PARTITION BY rank ORDER BY bucket) * v_width AS run FROM unnest(v_covered, v_ranks) AS covered (bucket, rank)) runs
              GROUP BY rank, run) parts;
        DELETE FROM data_coverage WHERE symbol = p_symbol AND data_type = v_type AND start_time <= p_end AND end_time >= p_start;
        INSERT INTO data_coverage (symbol, data_type, start_time, end_time, source, grade)
        WITH parts AS (
            SELECT * FROM unnest(v_starts, v_ends, v_keys) AS part (start_time, end_time, rank)
        ), edges AS (
            SELECT start_time AS edge FROM parts UNION SELECT end_time FROM parts
        ), pieces AS (
            SELECT edge AS start_time, lead(edge) OVER (ORDER BY edge) AS end_time FROM edges
        ), won AS (
            SELECT piece.start_time, piece.end_time, (SELECT max(rank) FROM parts WHERE parts.start_time <= piece.start_time AND parts.end_time >= piece.end_time) AS rank
            FROM pieces piece WHERE piece.end_time IS NOT NULL
        ), marked AS (
            SELECT *, CASE WHEN lag(end_time) OVER timeline = start_time AND lag(rank) OVER timeline = rank THEN 0 ELSE 1 END AS begins
            FROM won WHERE rank IS NOT NULL WINDOW timeline AS (ORDER BY start_time)
        ), joined AS (
            SELECT *, sum(begins) OVER (ORDER BY start_time) AS run FROM marked
        )
        SELECT p_symbol, v_type, min(start_time), max(end_time), (rank % 256)::smallint, (rank / 256)::smallint FROM joined GROUP BY run, rank;
    END IF;

    RETURN cardinality(v_written);
END
$body$;

-- One step, in the caller's transaction: rows of a data type before a time go, and all before it is expired.
CREATE FUNCTION krakendb_expire(p_symbol TEXT, p_data_type TEXT, p_end TIMESTAMPTZ, p_now TIMESTAMPTZ, OUT dropped BIGINT, OUT kept BIGINT)
LANGUAGE plpgsql SET plan_cache_mode = 'force_custom_plan' AS $body$
DECLARE
    c_origin  CONSTANT TIMESTAMPTZ := '2000-01-03 00:00:00+00';
    v_minutes INTEGER := CASE WHEN p_data_type LIKE 'candles%' THEN substring(p_data_type FROM '\d+')::integer END;
    v_oldest  TIMESTAMPTZ;
    v_left    TIMESTAMPTZ;
    v_start   TIMESTAMPTZ;
    v_first   TIMESTAMPTZ;
    v_rollup  INTEGER;
    v_edge    TIMESTAMPTZ;
    v_view    TEXT;
BEGIN
    -- The lock that every writer of the symbol takes; statements after it see what was committed before.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_symbol, 20240603));
    PERFORM set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true);
    dropped := 0;
    kept := 0;
    SELECT oldest_timestamp INTO v_oldest FROM data_sync_status WHERE symbol = p_symbol AND data_type = p_data_type;
    IF v_oldest < p_end AND v_minutes IS NULL THEN
        DELETE FROM trades WHERE symbol = p_symbol AND timestamp >= v_oldest AND timestamp < p_end;
        GET DIAGNOSTICS dropped = ROW_COUNT;
        SELECT timestamp INTO v_left FROM trades WHERE symbol = p_symbol AND timestamp >= p_end ORDER BY timestamp LIMIT 1;
    ELSIF v_oldest < p_end THEN
        IF v_minutes = 1 THEN
            v_start := date_bin('168 hours', v_oldest, c_origin);
            -- Coarser ones are chosen from finer ones: these are still what they were.
            FOREACH v_rollup IN ARRAY ARRAY[10080, 1440, 720, 240, 60, 30, 15, 5] LOOP
                SELECT krakendb_retention_edge(data_type, keep_days, p_now) INTO v_edge FROM retention_policies WHERE data_type = 'candles_' || v_rollup || 'm';
                IF v_edge IS NULL OR v_edge <= v_start THEN
                    kept := kept + krakendb_keep_rollup(p_symbol, v_rollup, v_start, p_end, p_now);
                END IF;
            END LOOP;
        END IF;

        DELETE FROM candles WHERE symbol = p_symbol AND interval_minutes = v_minutes AND timestamp >= v_oldest AND timestamp < p_end;
        GET DIAGNOSTICS dropped = ROW_COUNT;
        SELECT timestamp INTO v_left FROM candles WHERE symbol = p_symbol AND interval_minutes = v_minutes AND timestamp >= p_end ORDER BY timestamp LIMIT 1;
    END IF;

    IF dropped > 0 AND v_left IS NULL THEN
        DELETE FROM data_sync_status WHERE symbol = p_symbol AND data_type = p_data_type;
    ELSIF dropped > 0 THEN
        UPDATE data_sync_status SET oldest_timestamp = v_left, total_records = total_records - dropped WHERE symbol = p_symbol AND data_type = p_data_type;
    END IF;

    SELECT least(p_end, v_oldest, min(start_time), (SELECT wanted_from FROM instruments WHERE symbol = p_symbol)) INTO v_first
    FROM data_coverage WHERE symbol = p_symbol AND data_type = p_data_type;
    DELETE FROM data_coverage WHERE symbol = p_symbol AND data_type = p_data_type AND end_time <= p_end;
    UPDATE data_coverage SET start_time = p_end, first_trade_id = NULL WHERE symbol = p_symbol AND data_type = p_data_type AND start_time < p_end;
    IF v_first < p_end THEN
        INSERT INTO data_coverage (symbol, data_type, start_time, end_time, source, grade) VALUES (p_symbol, p_data_type, v_first, p_end, 0, 1);
    END IF;

    -- What a continuous aggregate keeps of buckets that are older than both its own policy and the minutes.
    IF v_minutes = ANY (ARRAY[5, 15, 30, 60, 240, 720, 1440, 10080]) AND EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        v_view := 'candles_' || CASE WHEN v_minutes = 10080 THEN '1w' WHEN v_minutes = 1440 THEN '1d' WHEN v_minutes >= 60 THEN v_minutes / 60 || 'h' ELSE v_minutes || 'm' END;
        SELECT max(end_time) INTO v_edge FROM data_coverage WHERE data_type = 'candles_1m' AND grade = 1;
        IF v_edge IS NOT NULL AND EXISTS (SELECT FROM timescaledb_information.continuous_aggregates WHERE view_schema = current_schema() AND view_name = v_view) THEN
            EXECUTE format('SELECT drop_chunks(%L::regclass, older_than => %L::timestamptz)', v_view, least(p_end, v_edge));
        END IF;
    END IF;
END
$body$;

-- All policies, a transaction per step; what TimescaleDB's scheduler calls. `kraken-db db retention run` does the same from outside.
CREATE PROCEDURE krakendb_retention(job_id INTEGER DEFAULT NULL, config JSONB DEFAULT NULL) LANGUAGE plpgsql AS $body$
DECLARE
    c_origin CONSTANT TIMESTAMPTZ := '2000-01-03 00:00:00+00';
    v_now    TIMESTAMPTZ := coalesce((config ->> 'now')::timestamptz, now());
    v_policy RECORD;
    v_symbol TEXT;
    v_edge   TIMESTAMPTZ;
    v_end    TIMESTAMPTZ;
    v_oldest TIMESTAMPTZ;
    v_first  TIMESTAMPTZ;
    v_known  BIGINT;
    v_unit   INTERVAL;
BEGIN
    FOR v_policy IN SELECT data_type, keep_days FROM retention_policies ORDER BY data_type <> 'candles_1m', data_type LOOP
        v_edge := krakendb_retention_edge(v_policy.data_type, v_policy.keep_days, v_now);
        v_unit := CASE WHEN v_policy.data_type LIKE 'candles%' THEN krakendb_retention_unit(v_policy.data_type) ELSE INTERVAL '168 hours' END;
        v_unit := v_unit * ceil(extract(epoch FROM INTERVAL '168 hours') / extract(epoch FROM v_unit))::integer;
        FOR v_symbol IN SELECT DISTINCT symbol FROM data_sync_status ORDER BY symbol LOOP
            LOOP
                -- Rollups of minutes that go must have seen them.
                EXIT WHEN v_policy.data_type = 'candles_1m' AND EXISTS (SELECT FROM pending_refresh WHERE start_time < v_edge);
                SELECT oldest_timestamp INTO v_oldest FROM data_sync_status WHERE symbol = v_symbol AND data_type = v_policy.data_type;
                SELECT count(*), least(min(start_time), (SELECT wanted_from FROM instruments WHERE symbol = v_symbol)) INTO v_known, v_first
                FROM data_coverage WHERE symbol = v_symbol AND data_type = v_policy.data_type;
                IF v_oldest < v_edge THEN
                    v_end := least(v_edge, date_bin(krakendb_retention_unit(CASE WHEN v_policy.data_type LIKE 'candles%' THEN v_policy.data_type ELSE 'candles_10080m' END), v_oldest, c_origin) + v_unit);
                ELSE
                    EXIT WHEN (v_oldest IS NULL AND v_known = 0) OR v_first IS NULL OR v_first >= v_edge;
                    EXIT WHEN EXISTS (SELECT FROM data_coverage WHERE symbol = v_symbol AND data_type = v_policy.data_type AND grade = 1 AND start_time <= v_first AND end_time >= v_edge);
                    v_end := v_edge;
                END IF;

                PERFORM krakendb_expire(v_symbol, v_policy.data_type, v_end, v_now);
                COMMIT;
            END LOOP;
        END LOOP;
    END LOOP;
END
$body$;
