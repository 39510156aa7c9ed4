namespace KrakenDb.Simulator;

/// <summary>The markets of a store as the public endpoints ask them, as of the replay's clock.</summary>
internal sealed class ReplayMarkets(IReadOnlyList<ReplayMarket> markets, ReplayClock clock) : IPublicMarkets
{
    public DateTimeOffset Now => clock.GetUtcNow();

    public IReadOnlyList<ListedPair> Pairs { get; } = [.. markets.Select(market => market.Pair)];

    public IReadOnlyList<ReplayMarket> All => markets;

    /// <summary>Of what the store has something.</summary>
    /// <exception cref="UnknownSymbolException">A symbol was asked for of which it has nothing.</exception>
    public static async Task<ReplayMarkets> CreateAsync(ReplayServerOptions options, ReplayClock clock, CancellationToken cancellationToken)
    {
        var sessions = options.Books is { } books ? await books.GetSessionsAsync(cancellationToken).ConfigureAwait(false) : [];
        IReadOnlyList<string> stored =
        [
            .. (await options.Store.GetSymbolsAsync(cancellationToken).ConfigureAwait(false))
                .Concat(sessions.Where(session => session.Depth is not null).Select(session => session.Symbol))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        if ((options.Symbols ?? []).Except(stored, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw new UnknownSymbolException($"Nothing of {unknown} is stored; there are {string.Join(", ", stored.Take(10))}.", unknown, []);

        var instruments = (await options.Store.GetInstrumentsAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(instrument => instrument.Symbol, StringComparer.Ordinal);
        var markets = new List<ReplayMarket>();
        foreach (var symbol in (options.Symbols ?? stored).Distinct(StringComparer.Ordinal))
            markets.Add(await ReplayMarket.CreateAsync(options, symbol, instruments.GetValueOrDefault(symbol), sessions, cancellationToken).ConfigureAwait(false));
        return new ReplayMarkets(markets, clock);
    }

    public ReplayMarket? Find(string symbol) => markets.FirstOrDefault(market => market.Symbol == symbol);

    public async ValueTask<SeededTrade[]> TradesAsync(ListedPair pair, long? since, int count, CancellationToken cancellationToken)
    {
        var (market, now) = (Find(pair.Spec.Symbol)!, LastShown());
        return [.. since is { } first
            ? await market.TradesAsync(first, count, now, cancellationToken).ConfigureAwait(false)
            : await market.LatestAsync(count, now, cancellationToken).ConfigureAwait(false)];
    }

    public async ValueTask<OhlcRow[]> OhlcAsync(ListedPair pair, int intervalMinutes, CancellationToken cancellationToken) =>
        await Find(pair.Spec.Symbol)!.OhlcAsync(intervalMinutes, Now, cancellationToken).ConfigureAwait(false);

    public async ValueTask<DepthLevels?> DepthAsync(ListedPair pair, int count, CancellationToken cancellationToken) =>
        await Find(pair.Spec.Symbol)!.DepthAsync(count, LastShown(), cancellationToken).ConfigureAwait(false);

    // The end is not part of the replay.
    private long LastShown() => Math.Min(clock.Read().Nanoseconds, WireTime.Nanoseconds(clock.To) - 1);
}
