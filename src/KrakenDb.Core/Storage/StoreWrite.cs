namespace KrakenDb;

/// <summary>What one transaction writes for one symbol.</summary>
internal sealed record StoreWrite
{
    public required string Symbol { get; init; }

    /// <summary>The interval of <see cref="Candles"/>.</summary>
    public Interval CandleInterval { get; init; }

    /// <summary>Ascending and unique in time. The engine only reads it; the caller disposes it.</summary>
    public CandleBatch? Candles { get; init; }

    /// <summary>Ascending and unique in id.</summary>
    public TradeBatch? Trades { get; init; }

    /// <summary>Ranges that the rows of this write, with those of earlier ones, cover.</summary>
    public IReadOnlyList<(string DataType, CoverageRange Range)> Covered { get; init; } = [];

    /// <summary>History is wanted from here on, or from earlier where that is already so.</summary>
    public DateTimeOffset? WantedFrom { get; init; }

    /// <summary>
    /// Ranges whose whole minutes are built from the stored trades, those of this write included, where proven coverage contains them. Excludes
    /// <see cref="Candles"/>.
    /// </summary>
    public IReadOnlyList<TimeRange> RebuildMinutes { get; init; } = [];

    /// <summary>Minutes of which <see cref="Candles"/> is all that there is: whatever else is stored there goes. Filled in by <see cref="MinuteRebuild"/>.</summary>
    public IReadOnlyList<TimeRange> RebuiltMinutes { get; init; } = [];

    /// <summary>Kraken's <c>last</c> of the reply that the trades came in; the newest one stays.</summary>
    public string? LastKrakenSince { get; init; }

    /// <summary>Ids that the reply did not show.</summary>
    public IReadOnlyList<AbsentTradeIds> Absent { get; init; } = [];

    /// <summary>Whether rows may be older than an active retention policy keeps them.</summary>
    public bool AllowExpiring { get; init; }

    /// <summary>How far the import of a file has come; commits with its rows.</summary>
    public ImportCursor? Cursor { get; init; }

    /// <summary>The file whose cursor is removed, because its import is finished.</summary>
    public string? FinishedFile { get; init; }

    /// <summary>What proven trades decide about the candles of this write, after <see cref="MinuteRebuild"/>.</summary>
    /// <param name="minutesBefore">Coverage of 1-minute candles before the write.</param>
    public ProvenMinutes Proven(CoverageSet minutesBefore)
    {
        var minutes = DataType.Candles(Interval.Minute);
        return Candles is { Count: > 0 } && CandleInterval != Interval.Minute
            ? ProvenMinutes.None
            : ProvenMinutes.Of(minutesBefore, Covered.Where(entry => entry.DataType == minutes).Select(entry => entry.Range), RebuiltMinutes);
    }
}
