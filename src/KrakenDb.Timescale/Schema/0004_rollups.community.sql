-- The eight rollups of 1-minute candles. Buckets start on Mondays (origin 2000-01-03). The volume-weighted price is value by volume, where either is
-- known; the sums behind it are columns, because the program divides them itself, once and exactly; vwap is rounded to 10 decimals for everyone else.

-- What a plain server had.
DROP VIEW IF EXISTS candles_1w, candles_1d, candles_12h, candles_4h, candles_1h, candles_30m, candles_15m, candles_5m;

CREATE MATERIALIZED VIEW candles_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('5 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       5::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN coalesce(sum(quote_volume), 0) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(coalesce(quote_volume, volume * vwap)) / nullif(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0), 10) AS vwap,
       coalesce(sum(coalesce(quote_volume, volume * vwap)), 0) AS vwap_value,
       coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0) AS vwap_volume,
       coalesce(sum(quote_volume), 0) AS known_quote_volume,
       count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) AS unknown_quotes,
       min(source) AS source
FROM candles
WHERE interval_minutes = 1
GROUP BY symbol, time_bucket('5 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_15m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('15 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       15::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN coalesce(sum(quote_volume), 0) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(coalesce(quote_volume, volume * vwap)) / nullif(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0), 10) AS vwap,
       coalesce(sum(coalesce(quote_volume, volume * vwap)), 0) AS vwap_value,
       coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0) AS vwap_volume,
       coalesce(sum(quote_volume), 0) AS known_quote_volume,
       count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) AS unknown_quotes,
       min(source) AS source
FROM candles
WHERE interval_minutes = 1
GROUP BY symbol, time_bucket('15 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_30m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('30 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       30::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN coalesce(sum(quote_volume), 0) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(coalesce(quote_volume, volume * vwap)) / nullif(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0), 10) AS vwap,
       coalesce(sum(coalesce(quote_volume, volume * vwap)), 0) AS vwap_value,
       coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0) AS vwap_volume,
       coalesce(sum(quote_volume), 0) AS known_quote_volume,
       count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) AS unknown_quotes,
       min(source) AS source
FROM candles
WHERE interval_minutes = 1
GROUP BY symbol, time_bucket('30 minutes', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('1 hour', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       60::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN coalesce(sum(quote_volume), 0) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(coalesce(quote_volume, volume * vwap)) / nullif(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0), 10) AS vwap,
       coalesce(sum(coalesce(quote_volume, volume * vwap)), 0) AS vwap_value,
       coalesce(sum(volume) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0) AS vwap_volume,
       coalesce(sum(quote_volume), 0) AS known_quote_volume,
       count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) AS unknown_quotes,
       min(source) AS source
FROM candles
WHERE interval_minutes = 1
GROUP BY symbol, time_bucket('1 hour', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_4h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('4 hours', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       240::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN sum(unknown_quotes) = 0 THEN sum(known_quote_volume) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(vwap_value) / nullif(sum(vwap_volume), 0), 10) AS vwap,
       sum(vwap_value) AS vwap_value,
       sum(vwap_volume) AS vwap_volume,
       sum(known_quote_volume) AS known_quote_volume,
       sum(unknown_quotes)::bigint AS unknown_quotes,
       min(source) AS source
FROM candles_1h
GROUP BY symbol, time_bucket('4 hours', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_12h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('12 hours', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       720::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN sum(unknown_quotes) = 0 THEN sum(known_quote_volume) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(vwap_value) / nullif(sum(vwap_volume), 0), 10) AS vwap,
       sum(vwap_value) AS vwap_value,
       sum(vwap_volume) AS vwap_volume,
       sum(known_quote_volume) AS known_quote_volume,
       sum(unknown_quotes)::bigint AS unknown_quotes,
       min(source) AS source
FROM candles_1h
GROUP BY symbol, time_bucket('12 hours', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_1d WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('1 day', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       1440::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN sum(unknown_quotes) = 0 THEN sum(known_quote_volume) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(vwap_value) / nullif(sum(vwap_volume), 0), 10) AS vwap,
       sum(vwap_value) AS vwap_value,
       sum(vwap_volume) AS vwap_volume,
       sum(known_quote_volume) AS known_quote_volume,
       sum(unknown_quotes)::bigint AS unknown_quotes,
       min(source) AS source
FROM candles_1h
GROUP BY symbol, time_bucket('1 day', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

CREATE MATERIALIZED VIEW candles_1w WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol,
       time_bucket('7 days', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       10080::smallint AS interval_minutes,
       first(open, timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, timestamp) AS close,
       sum(volume) AS volume,
       CASE WHEN sum(unknown_quotes) = 0 THEN sum(known_quote_volume) END AS quote_volume,
       sum(trade_count)::bigint AS trade_count,
       round(sum(vwap_value) / nullif(sum(vwap_volume), 0), 10) AS vwap,
       sum(vwap_value) AS vwap_value,
       sum(vwap_volume) AS vwap_volume,
       sum(known_quote_volume) AS known_quote_volume,
       sum(unknown_quotes)::bigint AS unknown_quotes,
       min(source) AS source
FROM candles_1d
GROUP BY symbol, time_bucket('7 days', timestamp, origin => '2000-01-03 00:00:00+00'::timestamptz)
WITH NO DATA;

-- The offsets reach back further than the documents': after an outage a policy must not skip what it has not seen. Only what changed is computed again.
SELECT add_continuous_aggregate_policy('candles_5m', start_offset => INTERVAL '7 days', end_offset => INTERVAL '5 minutes', schedule_interval => INTERVAL '5 minutes', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_15m', start_offset => INTERVAL '7 days', end_offset => INTERVAL '15 minutes', schedule_interval => INTERVAL '15 minutes', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_30m', start_offset => INTERVAL '7 days', end_offset => INTERVAL '30 minutes', schedule_interval => INTERVAL '30 minutes', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_1h', start_offset => INTERVAL '14 days', end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '1 hour', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_4h', start_offset => INTERVAL '30 days', end_offset => INTERVAL '4 hours', schedule_interval => INTERVAL '4 hours', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_12h', start_offset => INTERVAL '30 days', end_offset => INTERVAL '12 hours', schedule_interval => INTERVAL '12 hours', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_1d', start_offset => INTERVAL '60 days', end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 day', if_not_exists => true);
SELECT add_continuous_aggregate_policy('candles_1w', start_offset => INTERVAL '120 days', end_offset => INTERVAL '7 days', schedule_interval => INTERVAL '1 day', if_not_exists => true);
