SELECT create_hypertable('kraken_orderbook_messages', 'timestamp', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('kraken_orderbook_entries', 'timestamp', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false, migrate_data => true);
