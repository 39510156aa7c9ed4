namespace KrakenDb.Simulator;

/// <summary>One market of a store as Kraken would tell of it at a time. Nothing after that time is ever read into an answer.</summary>
internal sealed class ReplayMarket
{
    public const int PageSize = 4_096;

    private readonly ReplayServerOptions _options;
    private readonly HistoricalDataProvider _candles;
    private readonly IReadOnlyList<CaptureSession> _recordings;

    private ReplayMarket(ReplayServerOptions options, ListedPair pair, IReadOnlyList<CaptureSession> recordings, Interval? candles)
    {
        (_options, Pair, _recordings, HasTrades, Candles) = (options, pair, recordings, candles is null, candles ?? Interval.Minute);
        _candles = new HistoricalDataProvider(options.Store, options.TimeProvider);
    }

    public ListedPair Pair { get; }

    public string Symbol => Pair.Spec.Symbol;

    /// <summary>Depths to which books are recorded, ascending; none where the market's book is not recorded.</summary>
    public IReadOnlyList<int> BookDepths => [.. _recordings.Select(session => session.Depth!.Value).Distinct().Order()];

    /// <summary>Of the replay's range. If not, candles come from closed ones alone.</summary>
    public bool HasTrades { get; }

    /// <summary>The finest stored candles, of which larger ones are made; of a minute where there are trades.</summary>
    public Interval Candles { get; }

    private IMarketReader Store => _options.Store;

    public static async Task<ReplayMarket> CreateAsync(ReplayServerOptions options, string symbol, Instrument? instrument, IReadOnlyList<CaptureSession> sessions, CancellationToken cancellationToken)
    {
        IReadOnlyList<CaptureSession> recordings = [.. sessions.Where(session => session.Symbol == symbol && session.Depth is not null).OrderBy(session => session.StartTime).ThenBy(session => session.SessionId)];
        // What Kraken's list of pairs said, else what the recorded books show, else what trades show.
        var trades = await options.Store.ReadTradesAsync(symbol, new TimeRange(options.From, options.To), 0, 1_000, cancellationToken).ConfigureAwait(false);
        var rows = trades.Rows().ToList();
        var price = instrument?.PairDecimals ?? (recordings.Count > 0 ? recordings.Max(session => session.PricePrecision) : rows.Count > 0 ? rows.Max(row => Decimals(row.Price)) : 2);
        var lot = instrument?.LotDecimals ?? (recordings.Count > 0 ? recordings.Max(session => session.QuantityPrecision) : rows.Count > 0 ? rows.Max(row => Decimals(row.Volume)) : 8);
        var spec = MarketSpec.BitcoinUsd with
        {
            Symbol = symbol,
            CsvName = instrument?.Altname ?? string.Concat(symbol.Split('/').Select(ListedPair.OldCode)),
            PriceDecimals = price,
            VolumeDecimals = lot,
        };
        var pair = ListedPair.Of(spec);
        pair = pair with { Key = instrument?.RestKey ?? pair.Key, OrderMin = instrument?.OrderMin is { } least ? (long)FixedPoint.VolumeFromDecimal(least) : Scale.Step(Math.Min(lot, 4)) };
        var stored = (await options.Store.GetSyncStatusAsync(symbol, cancellationToken).ConfigureAwait(false)).Select(row => DataType.CandleInterval(row.DataType)).OfType<Interval>().ToList();
        return new ReplayMarket(options, pair, recordings, rows.Count > 0 || stored.Count == 0 ? null : stored.Min());
    }

    /// <summary>The oldest trades from a time on (included) up to another (included), by id.</summary>
    public async Task<List<SeededTrade>> TradesAsync(long since, int count, long now, CancellationToken cancellationToken)
    {
        var found = new List<SeededTrade>();
        if (since > now)
            return found;

        await foreach (var page in TradePages.ReadAsync(Store, Symbol, Range(since, now), Math.Min(PageSize, count + 64), cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in page.Rows())
            {
                if (row.TimestampNanoseconds >= since && row.TimestampNanoseconds <= now)
                    found.Add(Trade(row));
                if (found.Count == count)
                    return found;
            }
        }

        return found;
    }

    /// <summary>The newest trades up to a time (included), by id.</summary>
    public async Task<List<SeededTrade>> LatestAsync(int count, long now, CancellationToken cancellationToken)
    {
        var oldest = (await Store.GetSyncStatusAsync(Symbol, cancellationToken).ConfigureAwait(false)).FirstOrDefault(row => row.DataType == DataType.Trades)?.OldestTimestamp;
        if (oldest is not { } first)
            return [];

        // The store reads forward only: look back further and further.
        var end = WireTime.Nanoseconds(first);
        for (var reach = 60_000_000_000L; ; reach = checked(reach * 4))
        {
            var since = Math.Max(end, now - reach);
            var newest = new Queue<SeededTrade>();
            if (since <= now)
            {
                await foreach (var page in TradePages.ReadAsync(Store, Symbol, Range(since, now), PageSize, cancellationToken).ConfigureAwait(false))
                {
                    foreach (var row in page.Rows())
                    {
                        if (row.TimestampNanoseconds >= since && row.TimestampNanoseconds <= now)
                            newest.Enqueue(Trade(row));
                        if (newest.Count > count)
                            newest.Dequeue();
                    }
                }
            }

            if (newest.Count == count || since <= end)
                return [.. newest];
        }
    }

    /// <summary>The last 720 committed rows and the open one, oldest first. Where nothing is stored there are no rows; where it is known that nobody traded there are flat ones.</summary>
    public async Task<OhlcRow[]> OhlcAsync(int intervalMinutes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Interval interval = intervalMinutes;
        var open = interval.Floor(now);
        var start = open - (interval.Duration * OhlcSeries.CommittedMax);
        var query = CandleQuery.Default with { AsOf = now, IncludeOpen = true };
        IReadOnlyList<Candle> candles;
        try
        {
            candles = await _candles.GetCandlesAsync(Symbol, interval, start, open + interval.Duration, limit: null, query, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is UnknownSymbolException or UnknownIntervalException)
        {
            return [];
        }

        var covered = CoverageSet.Empty;
        foreach (var stored in await Store.GetSyncStatusAsync(Symbol, cancellationToken).ConfigureAwait(false))
        {
            if (DataType.CandleInterval(stored.DataType) is { } part && part.Divides(interval))
                covered = covered.Union(await Store.GetCoverageAsync(Symbol, stored.DataType, cancellationToken).ConfigureAwait(false));
        }

        var rows = new List<OhlcRow>();
        foreach (var candle in candles)
        {
            Fill(candle.Timestamp);
            rows.Add(Row(candle));
        }

        Fill(open);
        if (rows.Count > 0 && rows[^1].UnixSeconds < open.ToUnixTimeSeconds())
            rows.Add(Flat(open.ToUnixTimeSeconds(), rows[^1].Close));
        return [.. rows];

        void Fill(DateTimeOffset until)
        {
            while (rows.Count > 0 && DateTimeOffset.FromUnixTimeSeconds(rows[^1].UnixSeconds) + interval.Duration is var next && next < until && covered.Covers(new TimeRange(next, next + interval.Duration)))
                rows.Add(Flat(next.ToUnixTimeSeconds(), rows[^1].Close));
        }
    }

    /// <summary>The book at a time; null where it is never recorded, empty sides where it was not known.</summary>
    public async Task<DepthLevels?> DepthAsync(int count, long now, CancellationToken cancellationToken)
    {
        if (_recordings.Count == 0)
            return null;

        // A recording that is deep enough, else the deepest.
        var enough = _recordings.Any(session => session.Depth >= count) ? count : _recordings.Max(session => session.Depth!.Value);
        await using var book = Book(enough)!;
        await book.StartAsync(now, cancellationToken).ConfigureAwait(false);
        return book.Chain is { IsWhole: true } chain
            ? new DepthLevels(Levels(chain.Book.Asks, count, book.Time), Levels(chain.Book.Bids, count, book.Time))
            : new DepthLevels([], []);
    }

    /// <summary>The recorded books of at least a depth; null where there are none.</summary>
    public ReplayBook? Book(int depth)
    {
        IReadOnlyList<CaptureSession> deep = [.. _recordings.Where(session => session.Depth >= depth)];
        return deep.Count > 0 ? new ReplayBook(_options.Books!, deep, WireTime.Nanoseconds(_options.To)) : null;
    }

    /// <summary>The trades after a time.</summary>
    public ReplayTrades TradesAfter(long position) => new(Store, Symbol, position, UnixTime.Microseconds(_options.To));

    /// <summary>The closed candles after a time.</summary>
    public ReplayMinutes MinutesAfter(long position) => new(this, position, WireTime.Nanoseconds(_options.To));

    /// <summary>The finest stored candles of a range, in larger buckets.</summary>
    public async Task<List<CandleRow>> MinutesAsync(Interval bucket, long startMicroseconds, long endMicroseconds, CancellationToken cancellationToken)
    {
        using var batch = await Store.ReadCandlesAsync(Symbol, Candles, bucket, new TimeRange(startMicroseconds, Math.Max(startMicroseconds, endMicroseconds)), cancellationToken).ConfigureAwait(false);
        return [.. batch.Rows()];
    }

    public static SeededTrade Trade(in TradeRow row) =>
        new(row.Id, row.TimestampNanoseconds, row.Price, row.Volume, row.Side == TradeSide.Buy, row.OrderType == "market") { Misc = row.Misc.Length > 0 ? row.Misc : null };

    public OhlcRow Row(in CandleRow row) => new(
        row.Timestamp / 1_000_000, row.Open, row.High, row.Low, row.Close, Cut(row.Vwap == CandleRow.UnknownPrice ? 0 : row.Vwap), row.Volume, (int)Math.Min(int.MaxValue, row.TradeCount));

    /// <summary>After the pair's decimals, as Kraken does.</summary>
    public long Cut(long vwap) => vwap / Scale.Step(Pair.PairDecimals) * Scale.Step(Pair.PairDecimals);

    private static OhlcRow Flat(long start, long close) => new(start, close, close, close, close, 0, 0, 0);

    private static TimeRange Range(long firstNanoseconds, long lastNanoseconds) =>
        new(HistoricalTrade.FloorDivide(firstNanoseconds, 1000), HistoricalTrade.FloorDivide(lastNanoseconds, 1000) + 1);

    private static int Decimals(Int128 scaled)
    {
        var decimals = 0;
        while (scaled % Scale.Step(decimals) != 0)
            decimals++;
        return decimals;
    }

    private static List<DepthLevel> Levels(ReadOnlySpan<WireLevel> levels, int count, long nanoseconds)
    {
        var rows = new List<DepthLevel>();
        foreach (ref readonly var level in levels[..Math.Min(count, levels.Length)])
            rows.Add(new DepthLevel(level.Price, level.Quantity, nanoseconds / 1_000_000_000));
        return rows;
    }

    private OhlcRow Row(Candle candle) => new(
        candle.Timestamp.ToUnixTimeSeconds(),
        FixedPoint.PriceFromDecimal(candle.Open),
        FixedPoint.PriceFromDecimal(candle.High),
        FixedPoint.PriceFromDecimal(candle.Low),
        FixedPoint.PriceFromDecimal(candle.Close),
        candle.Vwap is { } vwap ? Cut(FixedPoint.PriceFromDecimal(vwap)) : 0,
        FixedPoint.VolumeFromDecimal(candle.Volume),
        (int)Math.Min(int.MaxValue, candle.TradeCount));
}
