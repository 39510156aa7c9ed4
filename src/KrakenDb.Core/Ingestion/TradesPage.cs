namespace KrakenDb;

/// <summary>One reply with trades.</summary>
internal sealed record TradesPage
{
    /// <summary>Those with an id and possible values, ascending and unique in id.</summary>
    public required TradeBatch Trades { get; init; }

    /// <summary>Where the next page begins, to be passed on unchanged; null where the reply does not say.</summary>
    public required string? Last { get; init; }

    /// <summary>Rows of the reply, whatever became of them.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows without an id above 0: never stored as trades.</summary>
    public int WithoutId { get; init; }

    /// <summary>Rows with impossible values.</summary>
    public int Rejected { get; init; }

    /// <summary>Rows whose id another row of the reply has with the same values.</summary>
    public int Repeated { get; init; }
}
