using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>Compression by hand and its figures.</summary>
internal static class ChunkCompression
{
    private const string Stats =
        """
        SELECT hypertable_name::text, total_chunks, number_compressed_chunks, coalesce(before_compression_total_bytes, 0)::bigint, coalesce(after_compression_total_bytes, 0)::bigint
        FROM timescaledb_information.hypertables, LATERAL hypertable_compression_stats(format('%I.%I', hypertable_schema, hypertable_name)::regclass)
        WHERE hypertable_schema = current_schema() AND hypertable_name IN ('candles', 'trades', 'kraken_orderbook_messages', 'kraken_orderbook_entries')
        ORDER BY hypertable_name
        """;

    private const string Chunks =
        """
        SELECT format('%I.%I', chunk_schema, chunk_name) FROM timescaledb_information.chunks
        WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND range_end <= $2
        ORDER BY range_start
        """;

    private static readonly (string Table, TimeSpan Age)[] Policies = [("candles", TimeSpan.FromDays(30)), ("trades", TimeSpan.FromDays(7)), ("kraken_orderbook_messages", TimeSpan.FromDays(1)), ("kraken_orderbook_entries", TimeSpan.FromDays(1))];

    public static async Task<IReadOnlyList<TableCompression>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = new List<TableCompression>();
        var command = new NpgsqlCommand(Stats, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    tables.Add(new TableCompression(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4)));
                }
            }
        }

        return tables;
    }

    /// <summary>A chunk per statement: an interruption keeps what was done, and no lock is held on two chunks.</summary>
    public static async Task<long> CompressAsync(NpgsqlConnection connection, TimeSpan? olderThan, DateTimeOffset now, CancellationToken cancellationToken)
    {
        long compressed = 0;
        foreach (var (table, age) in Policies)
        {
            foreach (var chunk in await ChunksAsync(connection, table, now - (olderThan ?? age), cancellationToken).ConfigureAwait(false))
            {
                var command = new NpgsqlCommand("SELECT compress_chunk($1::regclass, if_not_compressed => true)", connection) { CommandTimeout = 0, Parameters = { new() { Value = chunk } } };
                await using (command.ConfigureAwait(false))
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    compressed++;
                }
            }
        }

        return compressed;
    }

    private static async Task<List<string>> ChunksAsync(NpgsqlConnection connection, string table, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var chunks = new List<string>();
        var command = new NpgsqlCommand(Chunks, connection) { Parameters = { new() { Value = table }, new() { Value = before.UtcDateTime } } };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    chunks.Add(reader.GetString(0));
                }
            }
        }

        return chunks;
    }
}
