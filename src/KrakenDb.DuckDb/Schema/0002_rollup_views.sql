-- The documents' rollups for SQL users, from 1-minute candles. The provider does not read them: it also knows imported intervals and coverage,
-- and divides exactly; here the last digits of vwap are a double's.

CREATE VIEW candles_5m AS
SELECT symbol,
       5::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '5 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_15m AS
SELECT symbol,
       15::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '15 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_30m AS
SELECT symbol,
       30::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '30 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_1h AS
SELECT symbol,
       60::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '60 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_4h AS
SELECT symbol,
       240::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '240 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_12h AS
SELECT symbol,
       720::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '720 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_1d AS
SELECT symbol,
       1440::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '1440 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;

CREATE VIEW candles_1w AS
SELECT symbol,
       10080::SMALLINT AS interval_minutes,
       time_bucket(INTERVAL '10080 minutes', candles.timestamp, TIMESTAMP '2000-01-03 00:00:00') AS timestamp,
       arg_min(open, candles.timestamp) AS open,
       max(high) AS high,
       min(low) AS low,
       arg_max(close, candles.timestamp) AS close,
       sum(volume)::DECIMAL(28,10) AS volume,
       CASE WHEN count(*) FILTER (WHERE quote_volume IS NULL AND volume <> 0) = 0 THEN sum(quote_volume)::DECIMAL(28,10) END AS quote_volume,
       sum(trade_count)::BIGINT AS trade_count,
       (sum(coalesce(quote_volume::DOUBLE, volume::DOUBLE * vwap::DOUBLE))
           / nullif(sum(volume::DOUBLE) FILTER (WHERE quote_volume IS NOT NULL OR vwap IS NOT NULL), 0))::DECIMAL(18,10) AS vwap
FROM candles
WHERE candles.interval_minutes = 1
GROUP BY 1, 3;
