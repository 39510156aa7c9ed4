-- The eight rollups, computed when they are read, of 1-minute candles. Buckets start on Mondays (origin 2000-01-03). The volume-weighted price is value by volume, where either is
-- known; the sums behind it are columns, because the program divides them itself, once and exactly; vwap is rounded to 10 decimals for everyone else.

DROP VIEW IF EXISTS candles_1w, candles_1d, candles_12h, candles_4h, candles_1h, candles_30m, candles_15m, candles_5m;

CREATE VIEW candles_5m AS
SELECT symbol,
       date_bin('5 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       5::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('5 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_15m AS
SELECT symbol,
       date_bin('15 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       15::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('15 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_30m AS
SELECT symbol,
       date_bin('30 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       30::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('30 minutes', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_1h AS
SELECT symbol,
       date_bin('1 hour', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       60::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('1 hour', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_4h AS
SELECT symbol,
       date_bin('4 hours', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       240::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('4 hours', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_12h AS
SELECT symbol,
       date_bin('12 hours', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       720::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('12 hours', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_1d AS
SELECT symbol,
       date_bin('1 day', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       1440::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('1 day', timestamp, '2000-01-03 00:00:00+00'::timestamptz);

CREATE VIEW candles_1w AS
SELECT symbol,
       date_bin('7 days', timestamp, '2000-01-03 00:00:00+00'::timestamptz) AS timestamp,
       10080::smallint AS interval_minutes,
       (array_agg(open ORDER BY timestamp))[1] AS open,
       max(high) AS high,
       min(low) AS low,
       (array_agg(close ORDER BY timestamp DESC))[1] AS close,
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
GROUP BY symbol, date_bin('7 days', timestamp, '2000-01-03 00:00:00+00'::timestamptz);
