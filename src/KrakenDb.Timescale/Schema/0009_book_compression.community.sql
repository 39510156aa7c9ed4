-- A day is packed a day after it ended: order books are written once, in order.

ALTER TABLE kraken_orderbook_messages SET (timescaledb.compress, timescaledb.compress_segmentby = 'session_id', timescaledb.compress_orderby = 'sequence, timestamp');
ALTER TABLE kraken_orderbook_entries SET (timescaledb.compress, timescaledb.compress_segmentby = 'session_id', timescaledb.compress_orderby = 'sequence, side DESC, ordinal, timestamp');

SELECT add_compression_policy('kraken_orderbook_messages', INTERVAL '1 day', if_not_exists => true);
SELECT add_compression_policy('kraken_orderbook_entries', INTERVAL '1 day', if_not_exists => true);
