using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>Which trades are fetched, and what is made of them; changed with <c>with</c>.</summary>
public sealed record KrakenTradesBackfillOptions
{
    /// <summary>Whether 1-minute candles are built from the trades. Default: yes.</summary>
    public bool BuildCandles { get; init; } = true;

    /// <summary>Whether to end when the newest trade is reached. Otherwise polls until it is cancelled. Default: yes.</summary>
    public bool AutoStopRealtime { get; init; } = true;

    /// <summary>From when on; null for the first trade of all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Until when, excluded; null for now.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only what lies after the newest page that was ever fetched; otherwise everything that is not stored yet.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether trades that an active retention policy would drop are stored all the same, until its next run. Otherwise they are refused with <see cref="ExpiringRowsException"/>.</summary>
    public bool AllowExpiring { get; init; }

    /// <summary>Between two looks at the newest trades. Default: 5 seconds.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
