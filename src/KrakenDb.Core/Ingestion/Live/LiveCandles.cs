namespace KrakenDb;

/// <summary>The exchange's running candles: each is held until a later one of its kind has come, or its interval ended more than five seconds ago. Safe for several threads.</summary>
internal sealed class LiveCandles
{
    /// <summary>Kraken's last update of an interval comes a moment after its end.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Symbol, Interval Interval), CandleRow> _current = [];

    /// <summary>Takes the newest state of a candle.</summary>
    /// <returns>The one before, which is final now; the candle itself where it is older than the current one; null otherwise.</returns>
    public CandleRow? Take(string symbol, Interval interval, in CandleRow candle)
    {
        lock (_lock)
        {
            if (!_current.TryGetValue((symbol, interval), out var current) || candle.Timestamp == current.Timestamp)
            {
                _current[(symbol, interval)] = candle;
                return null;
            }

            if (candle.Timestamp < current.Timestamp)
            {
                return candle;
            }

            _current[(symbol, interval)] = candle;
            return current;
        }
    }

    /// <summary>Gives and forgets those that ended long enough ago. An open one stays.</summary>
    public IReadOnlyList<(string Symbol, Interval Interval, CandleRow Candle)> TakeEnded(DateTimeOffset now)
    {
        var limit = UnixTime.Microseconds(now - Grace);
        lock (_lock)
        {
            var ended = _current.Where(entry => entry.Value.Timestamp + entry.Key.Interval.Microseconds <= limit).ToList();
            ended.ForEach(entry => _current.Remove(entry.Key));
            return [.. ended.Select(entry => (entry.Key.Symbol, entry.Key.Interval, entry.Value))];
        }
    }
}
