using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>Decides what of a symbol has to be fetched over REST, and fetches it. One fill of a symbol at a time.</summary>
internal sealed partial class LiveRepair(IMarketStore store, ITradeSource source, DatabaseWriter writer, ILiveFeed feed, LiveCollectorOptions options, ExchangeClock clock)
{
    // A late or swapped trade mostly comes by itself; an edge cache forgets after ten seconds; ids count as unused when two looks a minute apart lack them.
    private static readonly TimeSpan[] Looks = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(65), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    private static readonly TimeSpan SampleLength = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMinutes(1);

    // A trade that REST shows may still be on its way through the socket.
    private static readonly TimeSpan Transit = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = options.Logger;

    /// <summary>What is to be done for a symbol now; null: nothing.</summary>
    public Func<CancellationToken, Task>? Due(LiveSymbol symbol)
    {
        var now = options.TimeProvider.GetUtcNow();
        if (!symbol.IsSeeded)
        {
            return now >= symbol.NextSeed ? token => SeedAsync(symbol, token) : null;
        }

        // What waits in the writer may hold the very ids that are missing.
        var chain = writer.ChainOf(symbol.Symbol);
        if (!writer.HasBacklog && DueHole(symbol, chain, now) is { } hole)
        {
            return token => FillAsync(symbol, hole, token);
        }

        symbol.NextSample ??= now + symbol.SampleOffset;
        if (now >= symbol.NextSample)
        {
            symbol.NextSample = now + options.SampleInterval;
            return token => SampleAsync(symbol, token);
        }

        var provenTo = chain.Head is { } head ? UnixTime.ToDateTimeOffset(head.End) : symbol.SeedFrom;
        if (clock.Now() - provenTo >= options.QuietCheckInterval && now >= symbol.NextTail)
        {
            symbol.NextTail = now + options.QuietCheckInterval;
            return token => TailAsync(symbol, token);
        }

        return null;
    }

    private TradeHole? DueHole(LiveSymbol symbol, TradeChain chain, DateTimeOffset now)
    {
        var reach = UnixTime.Microseconds(now - options.RepairReach);
        var holes = chain.Holes().Where(hole => hole.End >= reach).ToList();
        symbol.Forget(holes.Select(hole => hole.FirstMissing).ToHashSet());
        foreach (var hole in holes)
        {
            if (!symbol.NextLook.TryGetValue(hole.FirstMissing, out var next))
            {
                symbol.NextLook[hole.FirstMissing] = now + Looks[0];
            }
            else if (now >= next)
            {
                symbol.Attempted(hole.FirstMissing);
                symbol.NextLook[hole.FirstMissing] = now + Looks[Math.Min(symbol.Attempts(hole.FirstMissing), Looks.Length - 1)];
                return hole;
            }
        }

        return null;
    }

    private async Task SeedAsync(LiveSymbol symbol, CancellationToken cancellationToken)
    {
        symbol.NextSeed = options.TimeProvider.GetUtcNow() + TimeSpan.FromSeconds(12);
        var coverage = await store.GetCoverageAsync(symbol.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var known = Containing(coverage, symbol.SeedFrom);
        var (start, lastId) = known is null ? (symbol.SeedFrom, symbol.SeedLastId) : (known.Range.End, known.LastTradeId);
        var stretch = Stretch(symbol, start, lastId, wants: true);
        FetchedPage page;
        do
        {
            page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!page.IsLast && !HasJoined(symbol, page));

        await writer.LearnAsync(symbol.Symbol, cancellationToken).ConfigureAwait(false);
        coverage = await store.GetCoverageAsync(symbol.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);

        // Without an id nothing joins: a market without a trade yet is asked about until it has one.
        symbol.IsSeeded = Containing(coverage, symbol.SeedFrom)?.LastTradeId is not null;
        if (!symbol.IsSeeded && page.NewestId == 0)
        {
            symbol.NextSeed = options.TimeProvider.GetUtcNow() + (symbol.LastReceivedId > 0 ? TimeSpan.FromSeconds(12) : options.QuietCheckInterval);
        }
    }

    private async Task FillAsync(LiveSymbol symbol, TradeHole hole, CancellationToken cancellationToken)
    {
        LogHole(_logger, symbol.Symbol, hole.LastMissing - hole.FirstMissing + 1, hole.FirstMissing, hole.LastMissing);
        var stretch = Stretch(symbol, UnixTime.ToDateTimeOffset(hole.Start), hole.LastIdBefore, wants: false);
        FetchedPage page;
        do
        {
            page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!page.IsLast && page.NewestId <= hole.LastMissing);

        await writer.LearnAsync(symbol.Symbol, cancellationToken).ConfigureAwait(false);
    }

    private async Task TailAsync(LiveSymbol symbol, CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        var last = coverage.LastOrDefault(range => range.Grade == CoverageGrade.Proven);
        if (last is null)
        {
            symbol.IsSeeded = false;
            return;
        }

        var stretch = Stretch(symbol, last.Range.End, last.LastTradeId, wants: false);
        FetchedPage page;
        do
        {
            page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!page.IsLast);

        await writer.LearnAsync(symbol.Symbol, cancellationToken).ConfigureAwait(false);
        Suspect(symbol, page);
    }

    private async Task SampleAsync(LiveSymbol symbol, CancellationToken cancellationToken)
    {
        var start = clock.Now() - SampleLength;
        var coverage = await store.GetCoverageAsync(symbol.Symbol, DataType.Trades, cancellationToken).ConfigureAwait(false);
        if (coverage.LastOrDefault(range => range.Grade == CoverageGrade.Proven) is not { } last || last.Range.End < start)
        {
            // Nothing was proven for longer than a sample reaches back: a range of its own, in a quiet market without an id, would leave what lies between unasked.
            await TailAsync(symbol, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Not before what is recorded: soon after the start that would be before what is wanted.
        var stretch = Stretch(symbol, last.Range.Start > start ? last.Range.Start : start, lastId: null, wants: false);
        var page = await stretch.NextAsync(cancellationToken).ConfigureAwait(false);
        await writer.LearnAsync(symbol.Symbol, cancellationToken).ConfigureAwait(false);
        if (page.Receipt.TradesConflicting > 0)
        {
            LogConflicting(_logger, symbol.Symbol, page.Receipt.TradesConflicting);
        }

        Suspect(symbol, page);
    }

    // REST knows a trade that the feed should have brought long ago.
    private void Suspect(LiveSymbol symbol, FetchedPage page)
    {
        var now = options.TimeProvider.GetUtcNow();
        if (page.At is { } at && page.NewestId > symbol.LastReceivedId && clock.Now() - at > Transit && now >= symbol.NextReconnect
            && symbol.SubscribedAt is { } since && UnixTime.Microseconds(at) > since)
        {
            symbol.NextReconnect = now + ReconnectPause;
            LogSilent(_logger, symbol.Symbol, page.NewestId, at, symbol.LastReceivedId);
            feed.Reconnect(symbol.Symbol, $"REST shows trade {page.NewestId} of {at:u}, which the feed did not bring");
        }
    }

    private static CoverageRange? Containing(CoverageSet coverage, DateTimeOffset time) =>
        coverage.LastOrDefault(range => range.Grade == CoverageGrade.Proven && range.Range.Start <= time && range.Range.End >= time);

    // Past the first trade that the feed brought: from there on the ids of the writer go on.
    private bool HasJoined(LiveSymbol symbol, FetchedPage page) => writer.ChainOf(symbol.Symbol).Runs.Any(
        run => run.FirstId <= page.NewestId && page.NewestId < run.LastId && UnixTime.ToDateTimeOffset(run.Start) > symbol.SeedFrom);

    private TradeStretch Stretch(LiveSymbol symbol, DateTimeOffset start, long? lastId, bool wants) =>
        new(store, source, symbol.Symbol, start, lastId, clock.Now, _logger) { Wants = wants };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Symbol}: {Count} trades did not come ({First}-{Last}); asking REST")]
    private static partial void LogHole(ILogger logger, string symbol, long count, long first, long last);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: {Count} trades differ between the feed and REST")]
    private static partial void LogConflicting(ILogger logger, string symbol, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Symbol}: REST shows trade {Newest} of {At}, the feed brought {Received} last; connecting anew")]
    private static partial void LogSilent(ILogger logger, string symbol, long newest, DateTimeOffset at, long received);
}
