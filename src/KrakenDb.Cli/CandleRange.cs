using System.Runtime.CompilerServices;

namespace KrakenDb.Cli;

/// <summary>What <c>candles</c> and <c>export</c> are asked for.</summary>
internal sealed class CandleRange
{
    private readonly string _symbol;
    private readonly Interval _interval;
    private readonly DateTimeOffset? _start;
    private readonly DateTimeOffset _end;

    /// <param name="symbol">Any spelling.</param>
    /// <param name="interval">Any.</param>
    /// <param name="start">First open time, included; null for where the data begin.</param>
    /// <param name="end">Last open time, excluded.</param>
    /// <exception cref="UsageException">The start lies after the end.</exception>
    public CandleRange(string symbol, Interval interval, DateTimeOffset? start, DateTimeOffset end)
    {
        Arguments.CheckRange(start ?? DateTimeOffset.MinValue, end);
        _symbol = symbol;
        _interval = interval;
        _start = start;
        _end = end;
    }

    /// <summary>A stream of the closed candles, and of the open one where the query asks for it.</summary>
    /// <exception cref="UsageException">The interval cannot be made from what is stored.</exception>
    public async Task<IAsyncEnumerable<Candle>> ReadAsync(HistoricalDataProvider provider, CandleQuery query, CancellationToken cancellationToken)
    {
        await StoredIntervals.CheckAsync(provider, _symbol, _interval, cancellationToken).ConfigureAwait(false);
        var start = _start ?? (await provider.GetDataRangeAsync(_symbol, cancellationToken).ConfigureAwait(false)).Oldest;
        return start < _end ? StreamAsync(provider, _interval.Floor(start) is var first && _start is null ? first : start, query, cancellationToken) : AsyncEnumerable.Empty<Candle>();
    }

    /// <summary>Says where there would have been candles.</summary>
    public async Task NoteNothingAsync(CommandContext context, HistoricalDataProvider provider, CancellationToken cancellationToken)
    {
        var range = await provider.GetDataRangeAsync(_symbol, cancellationToken).ConfigureAwait(false);
        context.Note($"No candles there: {range.Symbol} is stored from {Readable.Time(range.Oldest)} to {Readable.Time(range.Newest)} UTC.");
    }

    // The range query returns a list; replay at full speed is the same candles as a stream.
    private async IAsyncEnumerable<Candle> StreamAsync(HistoricalDataProvider provider, DateTimeOffset start, CandleQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var candle in provider.ReplayCandlesAsync(_symbol, _interval, start, _end, speed: 0, query, cancellationToken).ConfigureAwait(false))
        {
            yield return candle;
        }

        if (query.IncludeOpen && query.AsOf is { } asOf && _interval.Floor(asOf) is var open && open >= start && open < _end)
        {
            foreach (var candle in await provider.GetCandlesAsync(_symbol, _interval, open, open + _interval.Duration, limit: null, query, cancellationToken).ConfigureAwait(false))
            {
                yield return candle;
            }
        }
    }
}
