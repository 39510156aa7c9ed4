using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>Which gaps are filled; changed with <c>with</c>.</summary>
public sealed record GapFillerOptions
{
    /// <summary>In any spelling. Null or empty: everything stored, or <see cref="SymbolCatalog.DefaultSymbols"/> in an empty store.</summary>
    public IReadOnlyCollection<string>? Symbols { get; init; }

    /// <summary>Gaps shorter than this many minutes are left alone: the newest minute is always missing. Default: 2.</summary>
    public int MinGapMinutes { get; init; } = 2;

    /// <summary>Gaps at work at once, all at the source's one pace. Default: 3.</summary>
    public int MaxConcurrent { get; init; } = 3;

    /// <summary>From how long ago on the history of a symbol is wanted of which nothing is stored. Default: 30 days.</summary>
    public TimeSpan FirstHistory { get; init; } = TimeSpan.FromDays(30);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
