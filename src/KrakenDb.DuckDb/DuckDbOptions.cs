using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.DuckDb;

/// <summary>How the embedded engine opens a file.</summary>
internal sealed record DuckDbOptions
{
    public bool CreateIfMissing { get; init; } = true;

    public int MemoryLimitMegabytes { get; init; } = 512;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
