namespace KrakenDb.Simulator;

/// <summary>What the public endpoints tell of: drawn from a seed, or read from a store. Everything is as of the clock behind it.</summary>
internal interface IPublicMarkets
{
    DateTimeOffset Now { get; }

    /// <summary>Those that are listed now.</summary>
    IReadOnlyList<ListedPair> Pairs { get; }

    /// <summary>The oldest trades from a time on (nanoseconds since 1970, included), or, without one, the newest; by id.</summary>
    ValueTask<SeededTrade[]> TradesAsync(ListedPair pair, long? since, int count, CancellationToken cancellationToken);

    /// <summary>At most 720 committed rows and the open one, oldest first.</summary>
    ValueTask<OhlcRow[]> OhlcAsync(ListedPair pair, int intervalMinutes, CancellationToken cancellationToken);

    /// <summary>Null where the market's book cannot be told at any time.</summary>
    ValueTask<DepthLevels?> DepthAsync(ListedPair pair, int count, CancellationToken cancellationToken);
}
