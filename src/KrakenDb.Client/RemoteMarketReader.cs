using System.Globalization;

namespace KrakenDb.Client;

/// <summary>A store that another process has open, read over that process's endpoint. Every call is one request; nothing is held between them.</summary>
internal sealed class RemoteMarketReader : IMarketReader
{
    private readonly EndpointConnection _connection;

    private RemoteMarketReader(EndpointConnection connection) => _connection = connection;

    /// <summary>The owner's address at this moment.</summary>
    public EndpointAddress Address => _connection.Address;

    /// <param name="address">Where the owner answers.</param>
    /// <param name="locate">Where it is now, asked for when it does not answer; null: nowhere else.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="MarketStoreException">No owner answers there, or it refuses the token.</exception>
    public static async Task<RemoteMarketReader> ConnectAsync(EndpointAddress address, Func<EndpointAddress?>? locate, CancellationToken cancellationToken)
    {
        var connection = new EndpointConnection(address, locate ?? (() => null));
        try
        {
            await connection.GetJsonAsync("v1/owner", owner => owner.Text("version"), cancellationToken).ConfigureAwait(false);
            return new RemoteMarketReader(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public Task<IReadOnlyList<string>> GetSymbolsAsync(CancellationToken cancellationToken = default) =>
        _connection.GetJsonAsync("v1/symbols", rows => rows.Rows(row => row.Text("symbol")), cancellationToken);

    public Task<IReadOnlyList<SyncStatus>> GetSyncStatusAsync(string? symbol = null, CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        symbol is null ? "v1/sync-status" : $"v1/sync-status?symbol={Uri.EscapeDataString(symbol)}",
        rows => rows.Rows(row => new SyncStatus
        {
            Symbol = row.Text("symbol"),
            DataType = row.Text("data_type"),
            OldestTimestamp = row.Time("oldest_timestamp"),
            NewestTimestamp = row.Time("newest_timestamp"),
            LastSyncAt = row.Time("last_sync_at"),
            LastKrakenSince = row.TextOrNull("last_kraken_since"),
            TotalRecords = row.GetProperty("total_records").GetInt64(),
        }),
        cancellationToken);

    public Task<CoverageSet> GetCoverageAsync(string symbol, string dataType, CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        $"v1/coverage?symbol={Uri.EscapeDataString(symbol)}&data_type={Uri.EscapeDataString(dataType)}",
        rows => CoverageSet.Of(rows.Rows(row => new CoverageRange
        {
            Range = new TimeRange(row.Time("start_time"), row.Time("end_time")),
            Source = CoverageNames.ParseSource(row.Text("source")),
            Grade = CoverageNames.ParseGrade(row.Text("grade")),
            FirstTradeId = row.IntegerOrNull("first_trade_id"),
            LastTradeId = row.IntegerOrNull("last_trade_id"),
        })),
        cancellationToken);

    public Task<DateTimeOffset?> GetWantedFromAsync(string symbol, CancellationToken cancellationToken = default) =>
        _connection.GetJsonAsync($"v1/wanted-from?symbol={Uri.EscapeDataString(symbol)}", answer => answer.TimeOrNull("wanted_from"), cancellationToken);

    public Task<IReadOnlyList<AbsentTradeIds>> GetAbsentTradeIdsAsync(string symbol, CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        $"v1/absent-ids?symbol={Uri.EscapeDataString(symbol)}",
        rows => rows.Rows(row => new AbsentTradeIds
        {
            FirstId = row.GetProperty("first_id").GetInt64(),
            LastId = row.GetProperty("last_id").GetInt64(),
            FirstSeen = row.Time("first_seen"),
            Confirmed = row.GetProperty("confirmed").GetBoolean(),
        }),
        cancellationToken);

    public Task<IReadOnlyList<Instrument>> GetInstrumentsAsync(CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        "v1/instruments",
        rows => rows.Rows(row => new Instrument
        {
            Symbol = row.Text("symbol"),
            Altname = row.Text("altname"),
            RestKey = row.TextOrNull("rest_key"),
            WsName = row.TextOrNull("ws_name"),
            PairDecimals = (int?)row.IntegerOrNull("pair_decimals"),
            LotDecimals = (int?)row.IntegerOrNull("lot_decimals"),
            TickSize = row.NumberOrNull("tick_size"),
            OrderMin = row.NumberOrNull("order_min"),
            CostMin = row.NumberOrNull("cost_min"),
            Status = row.TextOrNull("status"),
        }),
        cancellationToken);

    public Task<IReadOnlyList<InstrumentChange>> GetInstrumentChangesAsync(CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        "v1/instruments/changes",
        rows => rows.Rows(row => new InstrumentChange(row.Text("symbol"), row.Time("changed_at"), row.Text("field"), row.TextOrNull("old_value"), row.TextOrNull("new_value"))),
        cancellationToken);

    public Task<IReadOnlyList<ExternalIndicator>> GetExternalIndicatorsAsync(string indicatorName, TimeRange range, CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        $"v1/indicators?name={Uri.EscapeDataString(indicatorName)}&start={Moment(range.Start)}&end={Moment(range.End)}",
        rows => rows.Rows(row => new ExternalIndicator
        {
            Timestamp = row.Time("timestamp"),
            IndicatorName = row.Text("indicator_name"),
            Value = row.NumberOrNull("value") ?? throw new FormatException("An indicator without a value."),
            Source = row.Text("source"),
        }),
        cancellationToken);

    public Task<StoreStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _connection.GetJsonAsync(
        "v1/store",
        status => new StoreStatus
        {
            Engine = status.Text("engine"),
            EngineVersion = status.Text("engine_version"),
            Location = status.Text("location"),
            SchemaVersion = status.GetProperty("schema_version").GetInt32(),
            SizeBytes = status.GetProperty("size_bytes").GetInt64(),
            Candles = status.GetProperty("candles").GetInt64(),
            Trades = status.GetProperty("trades").GetInt64(),
            Features = status.GetProperty("features").Rows(row => new StoreFeature(row.Text("name"), row.GetProperty("on").GetBoolean(), row.Text("note"))),
        },
        cancellationToken);

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    Task<CandleBatch> IMarketReader.ReadCandlesAsync(string symbol, Interval stored, Interval bucket, TimeRange range, CancellationToken cancellationToken) => _connection.GetAsync(
        string.Create(CultureInfo.InvariantCulture, $"v1/frames/candles?symbol={Uri.EscapeDataString(symbol)}&stored={stored.Minutes}&bucket={bucket.Minutes}&start={range.StartMicroseconds}&end={range.EndMicroseconds}"),
        stream => CandleFrame.ReadAsync(stream, cancellationToken),
        cancellationToken);

    Task<TradeBatch> IMarketReader.ReadTradesAsync(string symbol, TimeRange range, long afterId, int limit, CancellationToken cancellationToken) => _connection.GetAsync(
        string.Create(CultureInfo.InvariantCulture, $"v1/frames/trades?symbol={Uri.EscapeDataString(symbol)}&start={range.StartMicroseconds}&end={range.EndMicroseconds}&after_id={afterId}&limit={limit}"),
        stream => TradeFrame.ReadAsync(stream, cancellationToken),
        cancellationToken);

    private static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
