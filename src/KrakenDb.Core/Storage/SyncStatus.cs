namespace KrakenDb;

/// <summary>A row of <c>data_sync_status</c>: how much of one data type of one symbol is stored. Derived from the rows.</summary>
public sealed record SyncStatus
{
    public required string Symbol { get; init; }

    /// <summary><c>trades</c>, <c>candles_1m</c>, …: see <see cref="KrakenDb.DataType"/>.</summary>
    public required string DataType { get; init; }

    /// <summary>Open time of the first candle, or time of the first trade; UTC.</summary>
    public required DateTimeOffset OldestTimestamp { get; init; }

    /// <summary>Open time of the last candle, or time of the last trade; UTC.</summary>
    public required DateTimeOffset NewestTimestamp { get; init; }

    /// <summary>When rows were last added or changed, UTC.</summary>
    public required DateTimeOffset LastSyncAt { get; init; }

    /// <summary>Kraken's <c>last</c> of the newest Trades reply, unchanged; null before the first.</summary>
    public string? LastKrakenSince { get; init; }

    public required long TotalRecords { get; init; }
}
