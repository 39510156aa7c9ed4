using System.Globalization;

namespace KrakenDb.Simulator;

/// <summary>An OHLCVT file: <c>timestamp,open,high,low,close,volume,trades</c>, minutes without trades left out.</summary>
internal sealed record CandleFile(MarketSpec Market, MinuteSpan Span) : KrakenCsvFile(Market, Span)
{
    /// <summary>The intervals that Kraken publishes.</summary>
    public static IReadOnlyList<int> Intervals { get; } = [1, 5, 15, 30, 60, 240, 720, 1440];

    /// <summary>One of <see cref="Intervals"/>.</summary>
    public int IntervalMinutes { get; init; } = 1;

    /// <summary>Kraken's own files have none; copies of them sometimes do.</summary>
    public bool Header { get; init; }

    /// <summary>The file ends after this many rows, or with the span.</summary>
    public long RowsMax { get; init; } = long.MaxValue;

    /// <summary>One in so many volumes carries the noise of a binary float; 0 for none.</summary>
    public int NoisyVolumeEvery { get; init; } = 256;

    public override string FileName => string.Create(CultureInfo.InvariantCulture, $"{Market.CsvName}_{IntervalMinutes}.csv");

    /// <summary>The rows as numbers, exactly those that the file holds.</summary>
    public IEnumerable<SeededCandle> Rows()
    {
        if (!Intervals.Contains(IntervalMinutes))
            throw new InvalidOperationException($"Kraken publishes no files of {IntervalMinutes} minutes.");

        var minutes = SeededMarket.Candles(Market, Span);
        var candles = IntervalMinutes == 1 ? minutes : CandleRollup.Of(minutes, IntervalMinutes);
        return RowsMax == long.MaxValue ? candles : Take(candles, RowsMax);
    }

    protected override IEnumerable<long> Fill(CsvBuffer buffer)
    {
        if (Header)
            buffer.Text("timestamp,open,high,low,close,volume,trades\n"u8);

        long rows = 0;
        foreach (var row in Rows())
        {
            Append(buffer, row);
            rows++;
            if (buffer.IsFull)
                yield return rows;
        }

        yield return rows;
    }

    private static IEnumerable<SeededCandle> Take(IEnumerable<SeededCandle> candles, long count)
    {
        foreach (var candle in candles)
        {
            if (count-- <= 0)
                yield break;
            yield return candle;
        }
    }

    private void Append(CsvBuffer buffer, in SeededCandle row)
    {
        unchecked
        {
            buffer.Integer((ulong)row.UnixSeconds);
            buffer.Byte((byte)',');
            NumberText.Price(buffer, row.Open);
            buffer.Byte((byte)',');
            NumberText.Price(buffer, row.High);
            buffer.Byte((byte)',');
            NumberText.Price(buffer, row.Low);
            buffer.Byte((byte)',');
            NumberText.Price(buffer, row.Close);
            buffer.Byte((byte)',');
            // A multiplicative hash: the text of a row depends on its minute, not on the rows before it.
            var draw = (int)((((ulong)row.UnixSeconds / 60) + (Market.Seed << 32)) * 0x9E3779B97F4A7C15 >> 36);
            if (NoisyVolumeEvery > 0 && (draw >> 3) % NoisyVolumeEvery == 0)
                NumberText.NoisyVolume(buffer, row.Volume, draw);
            else
                NumberText.Volume(buffer, row.Volume);
            buffer.Byte((byte)',');
            buffer.Integer((ulong)row.Trades);
            buffer.Byte((byte)'\n');
        }
    }
}
