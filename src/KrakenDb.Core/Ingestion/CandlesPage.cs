namespace KrakenDb;

/// <summary>One reply with candles; the last, still open one is left out.</summary>
internal sealed record CandlesPage
{
    /// <summary>Those in which something was traded, ascending. The caller disposes them.</summary>
    public required CandleBatch Candles { get; init; }

    /// <summary>From the open of the first to the end of the last closed row, empty ones included; empty where there is none.</summary>
    public required TimeRange Covered { get; init; }

    /// <summary>Rows of intervals without a trade, which the source fills with the previous close.</summary>
    public int Flat { get; init; }
}
