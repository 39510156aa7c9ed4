namespace KrakenDb.Simulator;

/// <summary>An exchange before it starts.</summary>
internal sealed record SimulatedExchangeOptions
{
    public IReadOnlyList<MarketSpec> Markets { get; init; } = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd, MarketSpec.RippleTether];

    /// <summary>The exchange's clock: what it has traded by now is what it shows.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>On the loopback address; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>How many times as fast as Kraken's the clients' allowance of calls and connections comes back; 0 for no limit.</summary>
    public double RateLimitScale { get; init; }

    /// <summary>The clock of the limits and of heartbeats: the clients', which need not be the market's.</summary>
    public TimeProvider LimitTimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How long, by the exchange's clock, equal requests get equal bytes; Kraken's edge is said to keep them for 2 s.</summary>
    public TimeSpan EdgeCache { get; init; }

    /// <summary>Trades begin after <c>since</c> instead of at it; the sources disagree, real replies include it.</summary>
    public bool SinceIsExclusive { get; init; }

    public ExchangeFaults Faults { get; init; } = ExchangeFaults.None;

    /// <summary>How long a request stays unanswered before the exchange ends the connection.</summary>
    public TimeSpan SilenceFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Faults of WebSocket connections that happen by chance.</summary>
    public FeedFaults FeedFaults { get; init; } = FeedFaults.None;

    /// <summary>How long <see cref="FeedFault.SilentTrades"/> lasts, by the clients' clock.</summary>
    public TimeSpan FeedSilence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a WebSocket client may take nothing of what it is sent before it is dropped.</summary>
    public TimeSpan SlowClientAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets every WebSocket message that was sent, a line each: connection id, tab, text. Null for no record.</summary>
    public Stream? SentMessages { get; init; }
}
