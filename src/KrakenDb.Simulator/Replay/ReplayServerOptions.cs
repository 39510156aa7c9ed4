namespace KrakenDb.Simulator;

/// <summary>A replay server before it starts.</summary>
internal sealed record ReplayServerOptions
{
    /// <summary>Only read; stays the caller's.</summary>
    public required IMarketReader Store { get; init; }

    /// <summary>The store's order books; null where it has none.</summary>
    public OrderBookHistory? Books { get; init; }

    /// <summary>Where the replay's clock begins.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Where it ends and stands still; what happened at that time or later is never shown.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>1 = as it happened, 60 = a minute a second, 0 = as fast as the clients read.</summary>
    public decimal Speed { get; init; } = 1;

    /// <summary>As stored; null for all of which the store has something.</summary>
    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>On the loopback address; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>The clock behind the replay's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long a WebSocket client may take nothing of what it is sent before it is dropped.</summary>
    public TimeSpan SlowClientAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Is told what made the server end a connection: a stored book that no longer has its checksums, a store that fails.</summary>
    public Action<string>? Failed { get; init; }
}
