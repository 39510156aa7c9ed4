-- The documents' settings; the trade's id is part of the order, so that a repeated trade is found without unpacking every batch.

ALTER TABLE candles SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, interval_minutes', timescaledb.compress_orderby = 'timestamp DESC');
ALTER TABLE trades SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol', timescaledb.compress_orderby = 'timestamp DESC, id DESC');

SELECT add_compression_policy('trades', INTERVAL '7 days', if_not_exists => true);
SELECT add_compression_policy('candles', INTERVAL '30 days', if_not_exists => true);
