using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The server engine: TimescaleDB, or PostgreSQL without it. Any number of processes may read and write; writes of one symbol follow one another.</summary>
internal sealed partial class TimescaleMarketStore : IMarketStore
{
    private static readonly string[] GrowingTables = ["candles", "trades", "data_coverage", "pending_refresh"];

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly TimescaleOptions _options;
    private readonly ILogger _logger;
    private readonly bool _isCommunity;
    private int _isDisposed;

    private TimescaleMarketStore(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, TimescaleOptions options, ServerFeatures features)
    {
        _source = source;
        _settings = settings;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<TimescaleMarketStore>();
        _isCommunity = features.IsCommunity;
    }

    /// <exception cref="MarketStoreException">No such server or database, refused, too old, without tables, or with tables of a newer version.</exception>
    public static async Task<TimescaleMarketStore> OpenAsync(NpgsqlConnectionStringBuilder settings, TimescaleOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PoolMaxSize, 1, nameof(options));
        settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { MaxPoolSize = options.PoolMaxSize, MinPoolSize = Math.Min(2, options.PoolMaxSize) };
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UseLoggerFactory(options.LoggerFactory);
        var source = builder.Build();
        try
        {
            return new TimescaleMarketStore(source, settings, options, await PrepareAsync(source, settings, options, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            await source.DisposeAsync().ConfigureAwait(false);
            if (exception is NpgsqlException)
            {
                throw PostgresFailure.Explain(settings, exception);
            }

            throw;
        }
    }

    public async Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) =>
        [.. (await GetSyncStatusAsync(symbol: null, cancellationToken).ConfigureAwait(false)).Select(row => row.Symbol).Distinct(StringComparer.Ordinal)];

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) =>
        RunAsync(connection => LedgerTables.ReadStatusAsync(connection, symbol, cancellationToken), cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) =>
        RunAsync(connection => LedgerTables.ReadCoverageAsync(connection, symbol, dataType, cancellationToken), cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) =>
        RunAsync(connection => LedgerTables.ReadWantedFromAsync(connection, symbol, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) =>
        RunAsync(connection => LedgerTables.ReadAbsentAsync(connection, symbol, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) =>
        RunAsync(connection => InstrumentTables.ReadAsync(connection, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) =>
        RunAsync(connection => InstrumentTables.ReadChangesAsync(connection, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) =>
        RunAsync(connection => IndicatorTable.ReadAsync(connection, indicatorName, range, cancellationToken), cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => RunAsync(
        async connection =>
        {
            var features = await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false);
            var rows = await LedgerTables.ReadStatusAsync(connection, symbol: null, cancellationToken).ConfigureAwait(false);
            return new StoreStatus
            {
                Engine = features.HasTimescale ? "TimescaleDB" : "PostgreSQL",
                EngineVersion = features.HasTimescale ? $"{features.TimescaleVersion} {(features.IsCommunity ? "Community" : "Apache")} on PostgreSQL {features.PostgresVersion}" : features.PostgresVersion,
                Location = PostgresUrl.Describe(_settings),
                SchemaVersion = SchemaMigrations.Latest,
                SizeBytes = await SizeAsync(connection, cancellationToken).ConfigureAwait(false),
                Candles = rows.Where(row => DataType.CandleInterval(row.DataType) is not null).Sum(row => row.TotalRecords),
                Trades = rows.Where(row => string.Equals(row.DataType, DataType.Trades, StringComparison.Ordinal)).Sum(row => row.TotalRecords),
                Features = features.Describe(),
            };
        },
        cancellationToken);

    public Task<CompactReport> CompactAsync(CancellationToken cancellationToken = default) => RunAsync(
        async connection =>
        {
            var before = await SizeAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var table in GrowingTables)
            {
                var command = new NpgsqlCommand($"VACUUM (FULL, ANALYZE) {table}", connection) { CommandTimeout = 0 };
                await using (command.ConfigureAwait(false))
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            return new CompactReport(before, await SizeAsync(connection, cancellationToken).ConfigureAwait(false));
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
    }

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            if (stored == bucket)
            {
                return await CandleTable.ReadAsync(connection, symbol, stored, range, cancellationToken).ConfigureAwait(false);
            }

            return _isCommunity && RollupViews.Serves(stored, bucket, range) && !await PendingRefreshes.IsBehindAsync(connection, symbol, range, cancellationToken).ConfigureAwait(false)
                ? await RollupViews.ReadAsync(connection, symbol, bucket, range, cancellationToken).ConfigureAwait(false)
                : await CandleTable.ReadBucketsAsync(connection, symbol, stored, bucket, range, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) =>
        RunAsync(connection => TradeTable.ReadAsync(connection, symbol, range, afterId, limit, cancellationToken), cancellationToken);

    Task<StoreReceipt> IMarketStore.WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        StoreWriteRules.Check(write);
        return WriteAsync(write, cancellationToken);
    }

    Task<ImportCursor?> IMarketStore.GetImportCursorAsync(string file, CancellationToken cancellationToken) =>
        RunAsync(connection => LedgerTables.ReadCursorAsync(connection, file, cancellationToken), cancellationToken);

    Task IMarketStore.AddInstrumentsAsync(IReadOnlyList<Instrument> instruments, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await InstrumentTables.WriteAsync(connection, instruments, _options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            return instruments.Count;
        },
        cancellationToken);

    Task IMarketStore.WriteIndicatorsAsync(IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await IndicatorTable.WriteAsync(connection, indicators, cancellationToken).ConfigureAwait(false);
            return indicators.Count;
        },
        cancellationToken);

    Task<long> IMarketStore.RefreshRollupsAsync(TimeRange? range, CancellationToken cancellationToken) => _isCommunity
        ? RunAsync(connection => PendingRefreshes.DrainAsync(connection, range, _options.TimeProvider, LogRetry, cancellationToken), cancellationToken)
        : Task.FromResult(0L);

    Task<IReadOnlyList<RetentionPolicy>> IMarketStore.GetRetentionAsync(CancellationToken cancellationToken) =>
        RunAsync(connection => RetentionTables.ReadAsync(connection, cancellationToken), cancellationToken);

    Task IMarketStore.SetRetentionAsync(string dataType, int? keepDays, CancellationToken cancellationToken) => RunAsync(
        async connection =>
        {
            await RetentionTables.WriteAsync(connection, dataType, keepDays, _isCommunity, cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    Task<ExpiredRows> IMarketStore.ExpireAsync(string symbol, string dataType, DateTimeOffset end, CancellationToken cancellationToken) =>
        RunAsync(connection => RetentionTables.ExpireAsync(connection, symbol, dataType, end, _options.TimeProvider.GetUtcNow(), cancellationToken), cancellationToken);

    Task<IReadOnlyList<TableCompression>> IMarketStore.GetCompressionAsync(CancellationToken cancellationToken) => _isCommunity
        ? RunAsync(connection => ChunkCompression.ReadAsync(connection, cancellationToken), cancellationToken)
        : Task.FromResult<IReadOnlyList<TableCompression>>([]);

    Task<long> IMarketStore.CompressAsync(TimeSpan? olderThan, CancellationToken cancellationToken) => _isCommunity
        ? RunAsync(connection => ChunkCompression.CompressAsync(connection, olderThan, _options.TimeProvider.GetUtcNow(), cancellationToken), cancellationToken)
        : Task.FromResult(0L);

    private static async Task<ServerFeatures> PrepareAsync(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, TimescaleOptions options, CancellationToken cancellationToken)
    {
        var location = PostgresUrl.Describe(settings);
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var features = await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false);
            features.RequireSupported(location);
            await SchemaMigrations.RequireKnownAsync(connection, location, cancellationToken).ConfigureAwait(false);
            if (!await SchemaMigrations.ExistsAsync(connection, cancellationToken).ConfigureAwait(false) && !options.CreateIfMissing)
            {
                throw new MarketStoreException($"no store at {location}: the database has no tables of kraken-db. Create them: kraken-db db init");
            }

            if (options.CreateIfMissing && features is { HasTimescale: false, AvailableTimescaleVersion: not null, IsPreloaded: true } && await CreateExtensionAsync(source, options, cancellationToken).ConfigureAwait(false))
            {
                // The library is loaded when a session begins.
                source.Clear();
                await connection.CloseAsync().ConfigureAwait(false);
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                features = await ServerFeatures.DetectAsync(connection, cancellationToken).ConfigureAwait(false);
            }

            await SchemaMigrations.ApplyAsync(connection, features, location, options.TimeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            return features;
        }
    }

    // Without the right to it the tables are ordinary ones, and `db status` says what an administrator must run.
    private static async Task<bool> CreateExtensionAsync(NpgsqlDataSource source, TimescaleOptions options, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // Of the transaction that both statements are: a refusal lets the lock go, too, for which the schema's scripts wait in another connection.
            var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(20240604); CREATE EXTENSION IF NOT EXISTS timescaledb", connection);
            await using (command.ConfigureAwait(false))
            {
                try
                {
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    return true;
                }
                catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InsufficientPrivilege)
                {
                    LogNoExtension(options.LoggerFactory.CreateLogger<TimescaleMarketStore>(), exception.MessageText, connection.Database);
                    return false;
                }
            }
        }
    }

    private static async Task<long> SizeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT pg_database_size(current_database())", connection);
        await using (command.ConfigureAwait(false))
        {
            return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    private async Task<StoreReceipt> WriteAsync(StoreWrite write, CancellationToken cancellationToken)
    {
        var isCommitting = false;
        return await RunAsync(
            async connection =>
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var before = await LedgerTables.LockAsync(connection, write.Symbol, cancellationToken).ConfigureAwait(false);
                    var receipt = await MergeAsync(connection, write, before, cancellationToken).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();

                    // A commit that was sent is not taken back: what it did would be unknown.
                    isCommitting = true;
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                    return receipt;
                }
            },
            cancellationToken,
            () => !isCommitting).ConfigureAwait(false);
    }

    private async Task<StoreReceipt> MergeAsync(NpgsqlConnection connection, StoreWrite write, SymbolLedger before, CancellationToken cancellationToken)
    {
        write = RetentionRules.Apply(write, before.Policies, _options.TimeProvider.GetUtcNow());
        var receipt = default(StoreReceipt);
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var more = new List<NpgsqlBatchCommand>();
        if (_isCommunity && (write.Candles is { Count: > 0 } || write.Trades is { Count: > 0 } || write.RebuildMinutes.Count > 0))
        {
            await PendingRefreshes.LiftDecompressionLimitAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        (long, long)? tradeTimes = null;
        var known = before.Status.GetValueOrDefault(DataType.Trades);
        if (write.Trades is { Count: > 0 } trades)
        {
            (var merge, tradeTimes) = await TradeTable.WriteAsync(connection, write.Symbol, trades, known, cancellationToken).ConfigureAwait(false);
            receipt = receipt with { TradesInserted = merge.Insert.Count, TradesUnchanged = merge.Unchanged, TradesConflicting = merge.Conflicting };
            if (merge.Insert.Count + merge.Replace.Count > 0)
            {
                changed.Add(DataType.Trades);
            }
        }

        if (write.RebuildMinutes.Count > 0)
        {
            write = await MinuteRebuild.ApplyAsync(
                write,
                before.Coverage.GetValueOrDefault(DataType.Trades, CoverageSet.Empty),
                range => TradeTable.ReadAllAsync(connection, write.Symbol, range, cancellationToken),
                MinuteRebuild.OwnFrom(write, receipt.TradesInserted, known)).ConfigureAwait(false);
        }

        (long, long)? candleTimes = null;
        var proven = write.Proven(before.Coverage.GetValueOrDefault(DataType.Candles(Interval.Minute), CoverageSet.Empty));
        if (write.Candles is { Count: > 0 } || proven.Added is not null)
        {
            var interval = write.Candles is { Count: > 0 } ? write.CandleInterval : Interval.Minute;
            var dataType = DataType.Candles(interval);
            var candles = write.Candles ?? CandleBatch.FromRows([]);
            var outcome = await CandleTable.WriteAsync(connection, write.Symbol, interval, candles, before.Status.GetValueOrDefault(dataType), proven, cancellationToken).ConfigureAwait(false);
            receipt = outcome.AddTo(receipt);
            candleTimes = outcome.Times;
            if (outcome.HasChanged)
            {
                changed.Add(dataType);
                if (_isCommunity && interval == Interval.Minute)
                {
                    more.Add(PendingRefreshes.Add(write.Symbol, outcome.Removed > 0 ? CandleOutcome.Span(candles, interval, proven) : new TimeRange(candles.Timestamp[0], candles.Timestamp[candles.Count - 1] + UnixTime.MicrosecondsPerMinute)));
                }
            }
        }

        var after = before.After(write, receipt, changed, tradeTimes, candleTimes, _options.TimeProvider.GetUtcNow());
        await LedgerTables.WriteAsync(connection, before, after, write, more, cancellationToken).ConfigureAwait(false);
        return receipt;
    }

    // A pooled connection may have died since its last use: the first failure of that kind is answered with a fresh one.
    private async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken, Func<bool>? mayRepeat = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await work(connection).ConfigureAwait(false);
                }
            }
            catch (NpgsqlException exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var isBroken = PostgresFailure.IsBroken(exception);
                if (isBroken)
                {
                    _source.Clear();
                }

                if (!isBroken || attempt > 0 || mayRepeat?.Invoke() is false)
                {
                    throw PostgresFailure.Explain(_settings, exception);
                }

                LogReconnect(exception.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new MarketStoreException(string.Create(CultureInfo.InvariantCulture, $"{PostgresUrl.Describe(_settings)}: the statement was cancelled by the server.")) { IsTransient = true };
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "TimescaleDB is installed on the server, but this user may not create it in the database ({Reason}): an administrator must run CREATE EXTENSION timescaledb; in {Database}, then: kraken-db db init. Until then tables are ordinary ones")]
    private static partial void LogNoExtension(ILogger logger, string reason, string database);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection was gone and is opened again: {Reason}")]
    private partial void LogReconnect(string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{View} is being refreshed by something else; trying again: {Reason}")]
    private partial void LogRetry(string view, string reason);
}
