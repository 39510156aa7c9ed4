using System.Globalization;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The table <c>retention_policies</c> and the procedure that applies it, which TimescaleDB's scheduler calls once a day.</summary>
internal static class RetentionTables
{
    /// <summary>How often the server's job runs where there is one.</summary>
    private const string AddJob =
        """
        SELECT add_job('krakendb_retention', INTERVAL '1 day', initial_start => now() + INTERVAL '1 day')
        WHERE NOT EXISTS (SELECT FROM timescaledb_information.jobs WHERE proc_name = 'krakendb_retention' AND proc_schema = current_schema())
        """;

    private const string DeleteJob = "SELECT delete_job(job_id) FROM timescaledb_information.jobs WHERE proc_name = 'krakendb_retention' AND proc_schema = current_schema()";

    // How far back the views' own policies look, as 0004_rollups.community.sql sets them.
    private static readonly (string View, int StartDays, TimeSpan End, string Every)[] RefreshPolicies =
    [
        ("candles_5m", 7, TimeSpan.FromMinutes(5), "5 minutes"),
        ("candles_15m", 7, TimeSpan.FromMinutes(15), "15 minutes"),
        ("candles_30m", 7, TimeSpan.FromMinutes(30), "30 minutes"),
        ("candles_1h", 14, TimeSpan.FromHours(1), "1 hour"),
        ("candles_4h", 30, TimeSpan.FromHours(4), "4 hours"),
        ("candles_12h", 30, TimeSpan.FromHours(12), "12 hours"),
        ("candles_1d", 60, TimeSpan.FromDays(1), "1 day"),
        ("candles_1w", 120, TimeSpan.FromDays(7), "1 day"),
    ];

    public const string Select = "SELECT data_type, keep_days FROM retention_policies";

    public static async Task<IReadOnlyList<RetentionPolicy>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Select, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await ReadAsync(reader, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task<IReadOnlyList<RetentionPolicy>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var policies = new List<RetentionPolicy>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            policies.Add(new RetentionPolicy(reader.GetString(0), reader.GetInt32(1)));
        }

        return [.. policies.OrderBy(policy => policy.DataType, StringComparer.Ordinal)];
    }

    /// <summary>Sets or ends a policy; with it, on TimescaleDB Community, the server's job.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, string dataType, int? keepDays, bool isCommunity, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var write = keepDays is { } days
                ? LedgerTables.Command("INSERT INTO retention_policies VALUES ($1, $2) ON CONFLICT (data_type) DO UPDATE SET keep_days = excluded.keep_days", dataType, days)
                : LedgerTables.Command("DELETE FROM retention_policies WHERE data_type = $1", dataType);
            await ExecuteAsync(connection, [write], cancellationToken).ConfigureAwait(false);
            if (isCommunity)
            {
                var isAny = (await ReadAsync(connection, cancellationToken).ConfigureAwait(false)).Count > 0;
                await ExecuteAsync(connection, [LedgerTables.Command(isAny ? AddJob : DeleteJob)], cancellationToken).ConfigureAwait(false);
                if (keepDays is { } kept && string.Equals(dataType, DataType.Candles(Interval.Minute), StringComparison.Ordinal))
                {
                    await ExecuteAsync(connection, [.. Narrowed(kept)], cancellationToken).ConfigureAwait(false);
                }
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One step; see <see cref="IMarketStore.ExpireAsync"/>.</summary>
    public static async Task<ExpiredRows> ExpireAsync(NpgsqlConnection connection, string symbol, string dataType, DateTimeOffset end, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT dropped, kept FROM krakendb_expire($1, $2, $3, $4)", connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = symbol }, new() { Value = dataType }, new() { Value = end.UtcDateTime }, new() { Value = now.UtcDateTime } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return new ExpiredRows(reader.GetInt64(0), reader.GetInt64(1));
            }
        }
    }

    /// <summary>One recording; see <see cref="IBookArchive.ExpireAsync"/>.</summary>
    public static async Task<IReadOnlyList<(string Symbol, long Messages)>> ExpireRecordingAsync(NpgsqlConnection connection, long sessionId, DateTimeOffset edge, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT market, dropped FROM krakendb_expire_recording($1, $2)", connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = sessionId }, new() { Value = edge.UtcDateTime } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var rows = new List<(string Symbol, long Messages)>();
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add((reader.GetString(0), reader.GetInt64(1)));
                }

                return rows;
            }
        }
    }

    // A policy that looks back past the minutes would empty the buckets of those that went. What was narrowed stays so: the expired stretch stays, too, and
    // every ingestion refreshes what it touches by itself.
    private static IEnumerable<NpgsqlBatchCommand> Narrowed(int keepDays)
    {
        foreach (var (view, startDays, end, every) in RefreshPolicies)
        {
            if (keepDays >= startDays)
            {
                continue;
            }

            yield return LedgerTables.Command($"SELECT remove_continuous_aggregate_policy('{view}', if_exists => true)");
            var interval = Interval.Parse(view["candles_".Length..]);
            if (TimeSpan.FromDays(keepDays) >= end + (interval.Duration * 2))
            {
                yield return LedgerTables.Command(string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT add_continuous_aggregate_policy('{view}', start_offset => INTERVAL '{keepDays * 24} hours', end_offset => INTERVAL '{(long)end.TotalMinutes} minutes', schedule_interval => INTERVAL '{every}')"));
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            if (batch.BatchCommands.Count > 0)
            {
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
