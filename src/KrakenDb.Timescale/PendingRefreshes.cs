using System.Globalization;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>
/// The table <c>pending_refresh</c>: ranges whose rollups are behind their minutes. A range is written with its rows and removed after the refresh, so that a
/// kill in between is made good by the next one; until then readers aggregate the minutes themselves.
/// </summary>
internal static class PendingRefreshes
{
    // Since 2.28 a refresh goes in batches of 10 buckets, each planned and committed by itself: measured ten times slower than one pass over the window.
    private const string OnePass = """, options => '{"buckets_per_batch": 0}'::jsonb""";

    private const int Attempts = 20;

    // One refresh at a time, whatever the process; a session's lock, because a refresh commits by itself.
    private const string Lock = "SELECT pg_advisory_lock(20240605)";
    private const string Unlock = "SELECT pg_advisory_unlock(20240605)";

    // Long enough to be quick, short enough to be interrupted and not to hold a year of changes in one transaction.
    private static readonly long WindowMicroseconds = (long)TimeSpan.FromDays(182).TotalMicroseconds;

    public static NpgsqlBatchCommand Add(string symbol, TimeRange range) => LedgerTables.Command(
        "INSERT INTO pending_refresh (symbol, start_time, end_time) VALUES ($1, $2, $3)", symbol, range.Start.UtcDateTime, range.End.UtcDateTime);

    /// <summary>
    /// Whether the views may not show the minutes of a range: some of it is pending, or it begins before the first minutes that are kept, where nothing is ever
    /// refreshed again and minutes that came back are no part of a view.
    /// </summary>
    public static async Task<bool> IsBehindAsync(NpgsqlConnection connection, string symbol, TimeRange range, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pending_refresh WHERE symbol = $1 AND start_time < $3 AND end_time > $2)
                OR EXISTS (SELECT FROM data_coverage WHERE data_type = 'candles_1m' AND grade = 1 AND end_time > $2)
            """,
            connection)
        {
            Parameters = { new() { Value = symbol }, new() { Value = range.Start.UtcDateTime }, new() { Value = range.End.UtcDateTime } },
        };
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    /// <summary>One statement may touch more compressed rows than TimescaleDB allows by default (100,000); for this transaction only.</summary>
    public static Task LiftDecompressionLimitAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0", cancellationToken);

    /// <summary>Refreshes what is pending, or a range that is asked for, in all views bottom up. Returns the 1-minute buckets of the ranges.</summary>
    public static async Task<long> DrainAsync(NpgsqlConnection connection, TimeRange? asked, TimeProvider timeProvider, Action<string, string> retrying, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, Lock, cancellationToken).ConfigureAwait(false);
        try
        {
            var (ids, ranges) = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            var wanted = Join(asked is { } range ? ranges.Append(range) : ranges);
            if (wanted.Count == 0)
            {
                return 0;
            }

            var options = await HasBatchOptionAsync(connection, cancellationToken).ConfigureAwait(false) ? OnePass : "";
            var kept = await FirstKeptAsync(connection, cancellationToken).ConfigureAwait(false);
            var now = UnixTime.Microseconds(timeProvider.GetUtcNow());
            foreach (var (interval, view) in RollupViews.All)
            {
                foreach (var window in wanted.SelectMany(range => Windows(range, interval, kept, now)))
                {
                    await RefreshAsync(connection, $"CALL refresh_continuous_aggregate('{view}', $1, $2{options})", view, window, retrying, cancellationToken).ConfigureAwait(false);
                }
            }

            await DeleteAsync(connection, ids, cancellationToken).ConfigureAwait(false);
            return wanted.Sum(range => (range.EndMicroseconds - range.StartMicroseconds) / UnixTime.MicrosecondsPerMinute);
        }
        finally
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
            {
                await ExecuteAsync(connection, Unlock, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// The windows of one view for a touched range: aligned outward, begun at the first bucket that lies wholly in kept minutes (a refresh of a bucket whose
    /// minutes retention has dropped would empty it), ended at the start of the present bucket (a refresh of an open bucket would freeze it).
    /// </summary>
    /// <param name="range">What was touched.</param>
    /// <param name="interval">The view's.</param>
    /// <param name="kept">From when on minutes are kept; null for all.</param>
    /// <param name="now">Microseconds since 1970.</param>
    internal static IEnumerable<TimeRange> Windows(TimeRange range, Interval interval, long? kept, long now)
    {
        var start = interval.Floor(range.StartMicroseconds);
        if (kept is { } edge)
        {
            start = Math.Max(start, interval.Ceiling(edge));
        }

        var end = Math.Min(interval.Ceiling(range.EndMicroseconds), interval.Floor(now));
        var step = Math.Max(interval.Microseconds, WindowMicroseconds / interval.Microseconds * interval.Microseconds);
        while (start < end)
        {
            var next = Math.Min(start + step, end);
            yield return new TimeRange(start, next);
            start = next;
        }
    }

    // Ranges of several symbols overlap, and what lies less than a week apart is cheaper done at once.
    private static List<TimeRange> Join(IEnumerable<TimeRange> ranges)
    {
        var joined = new List<TimeRange>();
        foreach (var range in ranges.Where(range => !range.IsEmpty).OrderBy(range => range.StartMicroseconds))
        {
            if (joined.Count > 0 && range.StartMicroseconds <= joined[^1].EndMicroseconds + Interval.Week.Microseconds)
            {
                joined[^1] = new TimeRange(joined[^1].StartMicroseconds, Math.Max(joined[^1].EndMicroseconds, range.EndMicroseconds));
            }
            else
            {
                joined.Add(range);
            }
        }

        return joined;
    }

    private static async Task RefreshAsync(
        NpgsqlConnection connection, string call, string view, TimeRange window, Action<string, string> retrying, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var command = new NpgsqlCommand(call, connection)
            {
                CommandTimeout = 0,
                Parameters = { new() { Value = window.Start.UtcDateTime }, new() { Value = window.End.UtcDateTime } },
            };
            await using (command.ConfigureAwait(false))
            {
                try
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (PostgresException exception) when (attempt < Attempts && IsConcurrent(exception))
                {
                    retrying(view, exception.MessageText);
                }
            }

            // The server's time passes whatever clock the data are read by.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2000, 50 * attempt)), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> HasBatchOptionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = 'refresh_continuous_aggregate' AND 'options' = ANY (proargnames))", connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    // A policy's job works on the same view.
    private static bool IsConcurrent(PostgresException exception) =>
        exception.MessageText.Contains("concurrent refresh", StringComparison.Ordinal)
        || exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private static async Task<(List<long> Ids, List<TimeRange> Ranges)> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (ids, ranges) = (new List<long>(), new List<TimeRange>());
        var command = new NpgsqlCommand("SELECT id, start_time, end_time FROM pending_refresh", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    ids.Add(reader.GetInt64(0));
                    ranges.Add(new TimeRange(new DateTimeOffset(reader.GetDateTime(1)), new DateTimeOffset(reader.GetDateTime(2))));
                }
            }
        }

        return (ids, ranges);
    }

    // Retention drops all symbols at one time; what it dropped is the ledger's expired ranges.
    private static async Task<long?> FirstKeptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(
            string.Create(CultureInfo.InvariantCulture, $"SELECT max(end_time) FROM data_coverage WHERE data_type = '{DataType.Candles(Interval.Minute)}' AND grade = {(int)CoverageGrade.Expired}"), connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is DateTime edge ? UnixTime.Microseconds(new DateTimeOffset(edge)) : null;
        }
    }

    private static async Task DeleteAsync(NpgsqlConnection connection, List<long> ids, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("DELETE FROM pending_refresh WHERE id = ANY ($1)", connection) { Parameters = { new() { Value = ids.ToArray() } } };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
