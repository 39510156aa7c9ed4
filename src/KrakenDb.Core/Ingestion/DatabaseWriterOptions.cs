using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>When a <see cref="DatabaseWriter"/> stores what it was given, and where it keeps what the database does not take; changed with <c>with</c>.</summary>
public sealed record DatabaseWriterOptions
{
    /// <summary>So many queued trades start a flush. Default: 100.</summary>
    public int TradeBufferSize { get; init; } = 100;

    /// <summary>So many queued candles start a flush. Default: 10.</summary>
    public int CandleBufferSize { get; init; } = 10;

    /// <summary>Queued trades are stored at the latest after this. Default: 5 seconds.</summary>
    public TimeSpan TradeFlushInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Queued candles are stored at the latest after this. Default: 1 second.</summary>
    public TimeSpan CandleFlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Trades queued in memory at most; further ones go to the journal. Default: 10,000.</summary>
    public int MaxTradeBufferSize { get; init; } = DatabaseWriter.MaxTradeBufferSize;

    /// <summary>Candles queued in memory at most; further ones go to the journal. Default: 1,000.</summary>
    public int MaxCandleBufferSize { get; init; } = DatabaseWriter.MaxCandleBufferSize;

    /// <summary>
    /// A folder of this writer's own, for one store: the journal of what memory does not hold while the database is away, and the list of refused records.
    /// Null: none, and what does not fit into memory is dropped, the oldest first, counted, and stays a gap.
    /// </summary>
    public string? JournalDirectory { get; init; }

    /// <summary>The journal's own limit; beyond it the oldest records are dropped, counted, and stay a gap. Default: 1 GiB.</summary>
    public long JournalLimitBytes { get; init; } = 1L << 30;

    /// <summary>How long a record of the journal may be in the system's memory only, where a power failure takes it. Default: 1 second.</summary>
    public TimeSpan JournalSyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Before a failed flush is tried again; doubles up to <see cref="RetryDelayLimit"/>. Default: 0.25 seconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Default: 30 seconds.</summary>
    public TimeSpan RetryDelayLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="DatabaseWriter.StopAsync"/> tries to store what is left before it leaves it to the journal. Default: 30 seconds.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
