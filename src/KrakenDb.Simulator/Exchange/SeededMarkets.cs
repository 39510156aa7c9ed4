namespace KrakenDb.Simulator;

/// <summary>The seeded markets as the public endpoints ask them.</summary>
internal sealed class SeededMarkets(IReadOnlyList<ListedMarket> markets, TimeProvider timeProvider) : IPublicMarkets
{
    public DateTimeOffset Now => timeProvider.GetUtcNow();

    public IReadOnlyList<ListedPair> Pairs
    {
        get
        {
            var now = Now;
            return [.. markets.Where(market => market.ListedAt <= now).Select(market => market.Pair)];
        }
    }

    public ValueTask<SeededTrade[]> TradesAsync(ListedPair pair, long? since, int count, CancellationToken cancellationToken)
    {
        var (tape, now) = (Find(pair).Tape, WireTime.Nanoseconds(Now));
        var trades = since is { } first ? tape.Between(first, now).Take(count) : tape.Latest(count, now);
        return ValueTask.FromResult(trades.ToArray());
    }

    public ValueTask<OhlcRow[]> OhlcAsync(ListedPair pair, int intervalMinutes, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Find(pair).Ohlc(intervalMinutes, WireTime.Nanoseconds(Now)));

    public ValueTask<DepthLevels?> DepthAsync(ListedPair pair, int count, CancellationToken cancellationToken) =>
        ValueTask.FromResult<DepthLevels?>(DepthLevels.Of(Find(pair), count, WireTime.Nanoseconds(Now)));

    private ListedMarket Find(ListedPair pair) => markets.First(market => ReferenceEquals(market.Pair, pair));
}
