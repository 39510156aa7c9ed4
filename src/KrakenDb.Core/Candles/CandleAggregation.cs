using System.Numerics;

namespace KrakenDb;

/// <summary>
/// Larger candles from smaller ones, by the rules that every engine follows: open of the first, close of the last, sums; quote volume only where every
/// part with volume has one; the volume-weighted price over the volume whose value is known, divided once.
/// </summary>
internal static class CandleAggregation
{
    /// <param name="rows">Ascending in time.</param>
    public static IEnumerable<CandleRow> ToBuckets(IEnumerable<CandleRow> rows, Interval bucket)
    {
        var open = default(CandleRow);
        var sums = default(Sums);
        var any = false;
        foreach (var row in rows)
        {
            var start = bucket.Floor(row.Timestamp);
            if (any && start != open.Timestamp)
            {
                yield return sums.Finish(open);
                any = false;
            }

            if (!any)
            {
                open = row with { Timestamp = start };
                sums = default;
                any = true;
            }
            else
            {
                open = open with
                {
                    High = Math.Max(open.High, row.High),
                    Low = Math.Min(open.Low, row.Low),
                    Close = row.Close,
                    Source = open.Source < row.Source ? open.Source : row.Source,
                };
            }

            sums.Add(row.Volume, row.TradeCount, row.QuoteVolume, row.Vwap);
        }

        if (any)
        {
            yield return sums.Finish(open);
        }
    }

    /// <summary>The rest of a rollup row from exact sums.</summary>
    /// <param name="quoteVolume">Σ of the known quote volumes, scale 10.</param>
    /// <param name="unknownQuotes">How many parts with volume have no quote volume.</param>
    /// <param name="otherValue">Σ volume × vwap of the parts that have a vwap and no quote volume, scale 20.</param>
    /// <param name="valuedVolume">Σ volume of the parts that have a quote volume or a vwap, scale 10.</param>
    public static (Int128 QuoteVolume, long Vwap) Value(Int128 quoteVolume, long unknownQuotes, BigInteger otherValue, Int128 valuedVolume) =>
        (unknownQuotes == 0 ? quoteVolume : CandleRow.UnknownVolume,
         TradeValue.AveragePrice(((BigInteger)quoteVolume * FixedPoint.One) + otherValue, valuedVolume) ?? CandleRow.UnknownPrice);

    /// <summary>The exact sums of one candle's parts.</summary>
    internal struct Sums
    {
        private Int128 _volume;
        private Int128 _quoteVolume;
        private Int128 _valuedVolume;
        private BigInteger _otherValue;
        private long _unknownQuotes;
        private long _tradeCount;

        public void Add(Int128 volume, long tradeCount, Int128 quoteVolume, long vwap)
        {
            _volume += volume;
            _tradeCount += tradeCount;
            if (quoteVolume != CandleRow.UnknownVolume)
            {
                _quoteVolume += quoteVolume;
                _valuedVolume += volume;
                return;
            }

            if (volume != 0)
            {
                _unknownQuotes++;
            }

            if (vwap != CandleRow.UnknownPrice)
            {
                _otherValue += (BigInteger)volume * vwap;
                _valuedVolume += volume;
            }
        }

        /// <summary>Adds parts that have neither quote volume nor vwap.</summary>
        public void AddUnvalued(ReadOnlySpan<Int128> volumes, ReadOnlySpan<long> tradeCounts)
        {
            // A volume is below 10^28 and a trade count below 2^63: more parts than fit into memory do not overflow the first, and the second is checked.
            Int128 volume = 0;
            unchecked
            {
                foreach (var part in volumes)
                {
                    volume += part;
                }
            }

            foreach (var count in tradeCounts)
            {
                _tradeCount += count;
            }

            _volume += volume;
            _unknownQuotes += volume != 0 ? 1 : 0;
        }

        public readonly CandleRow Finish(in CandleRow open)
        {
            var (quoteVolume, vwap) = Value(_quoteVolume, _unknownQuotes, _otherValue, _valuedVolume);
            return open with { Volume = _volume, TradeCount = _tradeCount, QuoteVolume = quoteVolume, Vwap = vwap };
        }
    }
}
