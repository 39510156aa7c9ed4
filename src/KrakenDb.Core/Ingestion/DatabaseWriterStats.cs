namespace KrakenDb;

/// <summary>What a <see cref="DatabaseWriter"/> has done since it was made; the documents' seven counters, then ours.</summary>
public sealed record DatabaseWriterStats
{
    /// <summary>Trades that were not stored before.</summary>
    public required long TradesWritten { get; init; }

    /// <summary>Candles that were not stored before, those built from trades not counted.</summary>
    public required long CandlesWritten { get; init; }

    /// <summary>Flushes that stored everything they took.</summary>
    public required long FlushCount { get; init; }

    /// <summary>Flushes that failed and were tried again.</summary>
    public required long ErrorCount { get; init; }

    /// <summary>Records that did not fit into memory: they went to the journal, or were dropped where there is none.</summary>
    public required long OverflowCount { get; init; }

    /// <summary>Trades in memory now that are not stored yet.</summary>
    public required long TradeBufferSize { get; init; }

    /// <summary>Candles in memory now that are not stored yet; open ones included.</summary>
    public required long CandleBufferSize { get; init; }

    /// <summary>Trades that were stored already.</summary>
    public long Duplicates { get; init; }

    /// <summary>Records that could not be true or that the store refused.</summary>
    public long Rejected { get; init; }

    /// <summary>Records that are lost for this writer: no room in memory and journal. They are not covered, so a gap filler fetches them.</summary>
    public long Dropped { get; init; }

    /// <summary>Records in the journal that are not stored yet.</summary>
    public long JournalRecords { get; init; }

    /// <summary>Size of the journal on disk.</summary>
    public long JournalBytes { get; init; }

    /// <summary>Why the last flush failed; null when it did not.</summary>
    public string? LastError { get; init; }
}
