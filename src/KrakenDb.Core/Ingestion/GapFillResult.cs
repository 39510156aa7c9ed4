namespace KrakenDb;

/// <summary>What filling gaps came to; the documents' five fields.</summary>
public sealed record GapFillResult
{
    public required int GapsDetected { get; init; }

    /// <summary>Gaps that detection no longer finds.</summary>
    public required int GapsFilled { get; init; }

    /// <summary>Candles that were not stored before, from OHLC or built from trades.</summary>
    public required long CandlesInserted { get; init; }

    /// <summary>Trades that were fetched and are stored.</summary>
    public required long TradesProcessed { get; init; }

    /// <summary>One text per gap whose fill failed; the gap is still there and the next run fills it.</summary>
    public required IReadOnlyList<string> Errors { get; init; }
}
