-- Seven days per chunk for trades as well: chunks of a day over years of history exhaust the server's lock table.
-- The primary keys are the only indexes.

SELECT create_hypertable('candles', 'timestamp', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('trades', 'timestamp', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('external_indicators', 'timestamp', chunk_time_interval => INTERVAL '30 days', create_default_indexes => false, migrate_data => true);
