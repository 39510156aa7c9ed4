using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.Timescale;

/// <summary>How the server engine opens a database.</summary>
internal sealed record TimescaleOptions
{
    /// <summary>Whether tables (and the extension, where the server has it) are created in a database without them.</summary>
    public bool CreateIfMissing { get; init; } = true;

    /// <summary>Connections at most; 2 are kept open.</summary>
    public int PoolMaxSize { get; init; } = 10;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
