-- The nanoseconds beyond the microsecond of timestamp: a whole second time in every trade was 4 of the 23 bytes of a packed one.

SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0;
ALTER TABLE trades RENAME COLUMN timestamp_ns TO timestamp_rest_ns;
UPDATE trades SET timestamp_rest_ns = timestamp_rest_ns % 1000;
