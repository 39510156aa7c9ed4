namespace KrakenDb.Simulator;

/// <summary>The stored candles of a market that has no trades, each when it closes; a window in memory.</summary>
/// <param name="market">Its finest candles are taken.</param>
/// <param name="position">What closed by then has happened; nanoseconds since 1970.</param>
/// <param name="end">What closes at that time or later does not happen.</param>
internal sealed class ReplayMinutes(ReplayMarket market, long position, long end)
{
    private const int WindowRows = 1_440;

    private List<CandleRow> _rows = [];
    private int _at;
    private long _from = market.Candles.Floor(HistoricalTrade.FloorDivide(position, 1000));

    /// <summary>When the next candle closes; nanoseconds since 1970, the largest number where there is none.</summary>
    public long NextTime { get; private set; }

    public CandleRow Next => _rows[_at];

    /// <summary>Reads what <see cref="NextTime"/> needs; before the first candle.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        while (_at == _rows.Count && _from * 1000 < end)
        {
            var to = Math.Min(_from + (WindowRows * market.Candles.Microseconds), market.Candles.Ceiling(end / 1000));
            (_rows, _at, _from) = (await market.MinutesAsync(market.Candles, _from, to, cancellationToken).ConfigureAwait(false), 0, to);
        }

        NextTime = _at == _rows.Count ? long.MaxValue : (Next.Timestamp + market.Candles.Microseconds) * 1000;
        NextTime = NextTime >= end ? long.MaxValue : NextTime;
    }

    public ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        _at++;
        return PrepareAsync(cancellationToken);
    }
}
