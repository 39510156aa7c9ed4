namespace KrakenDb.Kraken;

/// <summary>What one transaction of an import writes.</summary>
internal sealed record ImportPiece
{
    public CandleBatch? Candles { get; init; }

    /// <summary>For each candle, how many rows without a trade id went into it; null when rows are candles.</summary>
    public IReadOnlyList<int>? RowsOfCandle { get; init; }

    public TradeBatch? Trades { get; init; }

    public required IReadOnlyList<RejectedRow> Rejected { get; init; }

    public IReadOnlyList<(string DataType, CoverageRange Range)> Covered { get; init; } = [];

    public DateTimeOffset? WantedFrom { get; init; }

    /// <summary>Rows that repeat a row of the same file.</summary>
    public long Repeated { get; init; }

    /// <summary>Rows that contradict a row of the same file.</summary>
    public long Contradicting { get; init; }

    /// <summary>Where to go on from after this piece; null where the file is imported as a whole.</summary>
    public ImportState? State { get; init; }

    /// <summary>Bytes of the file up to the end of this piece.</summary>
    public required long Position { get; init; }

    /// <summary>Rows of the file up to the end of this piece.</summary>
    public required long Rows { get; init; }

    /// <summary>The file ends with this piece.</summary>
    public required bool IsLast { get; init; }

    public bool HasRows => Candles is { Count: > 0 } || Trades is { Count: > 0 };
}

/// <summary>A file as the pieces to write one after another; made on demand, on a thread of its own.</summary>
internal interface IImportPieces : IDisposable
{
    RowLog Log { get; }

    /// <summary>Called until a piece is the last.</summary>
    ImportPiece Next(CancellationToken cancellationToken);
}
