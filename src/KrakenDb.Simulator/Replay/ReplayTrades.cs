namespace KrakenDb.Simulator;

/// <summary>The stored trades of a market after a time, a page in memory. Ids decide the order; a trade whose time steps back happens with the one before it.</summary>
internal sealed class ReplayTrades : IAsyncDisposable
{
    private const int MessageTradesMax = 50;

    private readonly IAsyncEnumerator<TradeBatch>? _pages;
    private readonly long _position;
    private TradeBatch _page = new(0);
    private int _at;
    private bool _hasMore;

    public ReplayTrades(IMarketReader store, string symbol, long position, long endMicroseconds)
    {
        (_position, NextTime) = (position, position);
        var start = HistoricalTrade.FloorDivide(position, 1000);
        if (start < endMicroseconds)
            _pages = TradePages.ReadAsync(store, symbol, new TimeRange(start, endMicroseconds), ReplayMarket.PageSize, CancellationToken.None).GetAsyncEnumerator();
        _hasMore = _pages is not null;
    }

    /// <summary>When the next trade happens; nanoseconds since 1970, the largest number where there is none.</summary>
    public long NextTime { get; private set; }

    public ValueTask DisposeAsync() => _pages?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Reads what <see cref="NextTime"/> needs; before the first trade and after each gathering.</summary>
    public async ValueTask PrepareAsync()
    {
        while (true)
        {
            for (; _at < _page.Count; _at++)
            {
                if (_page.TimestampNanoseconds[_at] > _position)
                {
                    NextTime = Math.Max(NextTime, _page.TimestampNanoseconds[_at]);
                    return;
                }
            }

            _hasMore = _hasMore && await _pages!.MoveNextAsync().ConfigureAwait(false);
            if (!_hasMore)
            {
                NextTime = long.MaxValue;
                return;
            }

            (_page, _at) = (_pages!.Current, 0);
        }
    }

    /// <summary>The trades of one message: those of one time.</summary>
    public async ValueTask GatherAsync(List<SeededTrade> group)
    {
        var time = NextTime;
        group.Clear();
        while (NextTime == time && time != long.MaxValue && group.Count < MessageTradesMax)
        {
            group.Add(ReplayMarket.Trade(_page[_at++]));
            await PrepareAsync().ConfigureAwait(false);
        }
    }
}
