using System.Globalization;
using KrakenDb.Timescale.Wire;
using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The eight rollups that TimescaleDB keeps: finer ones first, which is the order in which they are refreshed.</summary>
internal static class RollupViews
{
    public static IReadOnlyList<(Interval Interval, string Name)> All { get; } = [.. Interval.Rollups.Select(interval => (interval, $"candles_{interval}"))];

    /// <summary>Whether the answer is a view's rows: whole buckets of 1-minute candles.</summary>
    public static bool Serves(Interval stored, Interval bucket, TimeRange range) =>
        stored == Interval.Minute && Interval.Rollups.Contains(bucket)
        && bucket.Floor(range.StartMicroseconds) == range.StartMicroseconds && bucket.Floor(range.EndMicroseconds) == range.EndMicroseconds;

    /// <summary>Rows of a rollup, ascending; the sums come from the view, the division is made here.</summary>
    public static async Task<CandleBatch> ReadAsync(NpgsqlConnection connection, string symbol, Interval bucket, TimeRange range, CancellationToken cancellationToken)
    {
        var batch = CandleBatch.Rent(checked((int)(((range.EndMicroseconds - range.StartMicroseconds) / bucket.Microseconds) + 1)));
        var reader = await CopyReader.BeginAsync(
            connection,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                 SELECT timestamp, open, high, low, close, volume, trade_count, source, known_quote_volume, unknown_quotes, vwap_value, vwap_volume FROM candles_{bucket}
                 WHERE symbol = {SqlLiteral.Text(symbol)} AND timestamp >= {PgTime.Literal(range.StartMicroseconds)} AND timestamp < {PgTime.Literal(range.EndMicroseconds)}
                 ORDER BY timestamp
                 """),
            cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            do
            {
                while (reader.TryNext())
                {
                    batch.Add(Row(reader));
                }
            }
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        }

        return batch;
    }

    private static CandleRow Row(CopyReader reader)
    {
        var known = reader.Volume(8);
        var (quoteVolume, vwap) = CandleAggregation.Value(known, reader.Int64(9), reader.Value(10) - ((System.Numerics.BigInteger)known * FixedPoint.One), reader.Volume(11));
        return new CandleRow
        {
            Timestamp = reader.Timestamp(0),
            Open = reader.Price(1),
            High = reader.Price(2),
            Low = reader.Price(3),
            Close = reader.Price(4),
            Volume = reader.Volume(5),
            TradeCount = reader.Int64(6),
            Source = (CandleSource)reader.Int16(7),
            QuoteVolume = quoteVolume,
            Vwap = vwap,
        };
    }
}
