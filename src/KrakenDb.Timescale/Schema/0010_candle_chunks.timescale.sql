-- What every chunk costs beside its rows is a fifth of a week of one market's packed minutes (36 bytes per candle, 30 in chunks of four weeks). Chunks that exist stay.

SELECT set_chunk_time_interval('candles', INTERVAL '28 days');
