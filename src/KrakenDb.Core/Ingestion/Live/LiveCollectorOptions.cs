using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>What a <see cref="LiveCollector"/> records, and how often it looks whether something is missing.</summary>
internal sealed record LiveCollectorOptions
{
    /// <summary>As stored: <c>BTC/USD</c>.</summary>
    public required IReadOnlyList<string> Symbols { get; init; }

    /// <summary>Intervals of the exchange's own candles that are stored, too. Minutes are built from the trades.</summary>
    public IReadOnlyList<Interval> CandleIntervals { get; init; } = [];

    /// <summary>From when on a symbol is wanted of which no trade is stored; null: from the start of the collector on.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>A market that was quiet for so long is asked about over REST, which extends its coverage.</summary>
    public TimeSpan QuietCheckInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>So often the newest ids of each market are compared with REST.</summary>
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Younger holes are filled at once; older ones are the gap filler's.</summary>
    public TimeSpan RepairReach { get; init; } = TimeSpan.FromDays(1);

    /// <summary>REST fills at once at most; they share one limit of calls anyway.</summary>
    public int MaxConcurrent { get; init; } = 3;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
