namespace KrakenDb;

/// <summary>What a store is and how large it is.</summary>
public sealed record StoreStatus
{
    /// <summary><c>DuckDB</c>, <c>memory</c>, …</summary>
    public required string Engine { get; init; }

    public required string EngineVersion { get; init; }

    /// <summary>The file or the server, without a password.</summary>
    public required string Location { get; init; }

    public required int SchemaVersion { get; init; }

    /// <summary>Bytes on disk, the write-ahead log included; 0 in memory.</summary>
    public required long SizeBytes { get; init; }

    public required long Candles { get; init; }

    public required long Trades { get; init; }

    /// <summary>What the server has and lacks; empty where an engine is always the same.</summary>
    public IReadOnlyList<StoreFeature> Features { get; init; } = [];
}
