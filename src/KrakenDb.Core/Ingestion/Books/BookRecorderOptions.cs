using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>How order books are recorded.</summary>
internal sealed record BookRecorderOptions
{
    /// <summary>Where frames go that the store does not take.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>How long frames are gathered before they are written: what a killed process loses at most.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Frames after which a batch is written before the interval has passed.</summary>
    public int BatchFrames { get; init; } = 122_880;

    /// <summary>After a write failed, the store is left alone for so long; frames go to the journal meanwhile.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(5);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;
}
