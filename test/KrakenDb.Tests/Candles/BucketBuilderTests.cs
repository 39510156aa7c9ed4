using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Candles;

public sealed class BucketBuilderTests
{
    private static readonly Gen<CandleRow> RowGen =
        from minute in Gen.Choose(0, 60)
        from open in Gen.Choose(1, 1_000)
        from high in Gen.Choose(1_000, 2_000)
        from volume in Gen.Elements<Int128>(0, 1, FixedPoint.One / 3, 123 * FixedPoint.One, FixedPoint.VolumeLimit - 1)
        from quote in Gen.Elements(CandleRow.UnknownVolume, CandleRow.UnknownVolume, volume / 2, volume)
        from vwap in Gen.Elements(CandleRow.UnknownPrice, CandleRow.UnknownPrice, 1, 500 * FixedPoint.One)
        from count in Gen.Choose(0, 9)
        from source in Gen.Elements(CandleSource.TimeAndSalesEdge, CandleSource.OhlcvtCsv, CandleSource.RestOhlc)
        select new CandleRow
        {
            Timestamp = Interval.OriginMicroseconds + (minute * UnixTime.MicrosecondsPerMinute),
            Open = open,
            High = high,
            Low = open / 2,
            Close = (open + high) / 2,
            Volume = volume,
            QuoteVolume = quote,
            TradeCount = count,
            Vwap = vwap,
            Source = source,
        };

    [Fact]
    public void It_builds_what_the_rules_build_row_by_row()
    {
        var cases =
            from rows in RowGen.ListOf()
            from valued in Gen.Elements(true, false)
            from piece in Gen.Choose(1, 20)
            from minutes in Gen.Elements(2, 5, 7, 60)
            select (Rows: Ascending(rows, valued), Valued: valued, Piece: piece, Bucket: new Interval(minutes));
        Prop.ForAll(cases.ToArbitrary(), test =>
        {
            using var built = Build(test.Rows, test.Valued, test.Piece, test.Bucket);
            return built!.Rows().SequenceEqual(CandleAggregation.ToBuckets(test.Rows, test.Bucket));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(3, 2)]
    [InlineData(12, 3)]
    public void Rows_that_do_not_ascend_are_noticed(int first, int second)
    {
        var rows = new[] { 1, first, second }.Select(minute => Row() with { Timestamp = Interval.OriginMicroseconds + (minute * UnixTime.MicrosecondsPerMinute) }).ToArray();

        Build(rows, valued: true, piece: 3, new Interval(5)).ShouldBeNull();
        Build(rows, valued: true, piece: 1, new Interval(5)).ShouldBeNull();
    }

    private static CandleRow Row() => RowGen.Sample(1, 1).First();

    private static CandleRow[] Ascending(IEnumerable<CandleRow> rows, bool valued) =>
    [
        .. rows
            .DistinctBy(row => row.Timestamp)
            .OrderBy(row => row.Timestamp)
            .Select(row => valued ? row : row with { QuoteVolume = CandleRow.UnknownVolume, Vwap = CandleRow.UnknownPrice }),
    ];

    private static CandleBatch? Build(CandleRow[] rows, bool valued, int piece, Interval bucket)
    {
        var built = CandleBatch.Rent(rows.Length);
        var builder = new BucketBuilder(bucket, built);
        foreach (var part in rows.Chunk(piece))
        {
            using var columns = CandleBatch.FromRows(part);
            var isAscending = builder.Add(new CandleColumns
            {
                Timestamp = columns.Timestamp.AsSpan(0, part.Length),
                Open = columns.Open,
                High = columns.High,
                Low = columns.Low,
                Close = columns.Close,
                Volume = columns.Volume,
                TradeCount = columns.TradeCount,
                Source = columns.Source,
                QuoteVolume = valued ? columns.QuoteVolume : [],
                Vwap = valued ? columns.Vwap : [],
            });
            if (!isAscending)
            {
                built.Dispose();
                return null;
            }
        }

        builder.Finish();
        return built;
    }
}
