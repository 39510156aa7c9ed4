using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>How a store is opened; changed with <c>with</c>.</summary>
public sealed record MarketStoreOptions
{
    public static MarketStoreOptions Default { get; } = new();

    /// <summary>Whether a file that does not exist, or tables in an empty database, are created. Default: yes.</summary>
    public bool CreateIfMissing { get; init; } = true;

    /// <summary>Megabytes that the embedded engine may use before it spills beside the file. Default: 512.</summary>
    public int MemoryLimitMegabytes { get; init; } = 512;

    /// <summary>Threads of the embedded engine. Null: one per processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Connections to a server at most; two are kept open. Default: 10.</summary>
    public int PoolMaxSize { get; init; } = 10;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Null: nothing is logged.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
