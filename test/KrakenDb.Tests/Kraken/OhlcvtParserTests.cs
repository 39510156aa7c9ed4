using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class OhlcvtParserTests
{
    [Fact]
    public void A_row_is_read_as_it_stands_in_the_file()
    {
        var (rows, log) = Parse("1704067200,42241.1,42723.0,42100.00001,42332.0,231.14039485,2719\n");

        log.Rows.ShouldBe(1);
        rows.ShouldHaveSingleItem().ShouldBe(new CandleRow
        {
            Timestamp = 1_704_067_200_000_000,
            Open = 422_411_000_000_000,
            High = 427_230_000_000_000,
            Low = 421_000_000_100_000,
            Close = 423_320_000_000_000,
            Volume = 2_311_403_948_500,
            QuoteVolume = CandleRow.UnknownVolume,
            TradeCount = 2719,
            Vwap = CandleRow.UnknownPrice,
            Source = CandleSource.OhlcvtCsv,
        });
    }

    [Theory]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1E+1,2", "10", 0)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,5.5E+2,2", "550", 0)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1e-08,2", "0.00000001", 0)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,192.13858802000001,2", "192.13858802", 1)]
    [InlineData("1704067200,1,1,1,1,3,2", "3", 0)]
    [InlineData("\"1704067200\",\"1.0\",\"1.0\",\"1.0\",\"1.0\",\"3\",\"2\"", "3", 0)]
    [InlineData(" 1704067200 , 1.0, 1.0,1.0,1.0,3 ,2 ", "3", 0)]
    [InlineData("1704067200.0,1.0,1.0,1.0,1.0,3,2.0", "3", 0)]
    public void Every_spelling_of_a_number_is_read(string line, string volume, int rounded)
    {
        var (rows, log) = Parse(line + "\n");

        var row = rows.ShouldHaveSingleItem();
        FixedPoint.ToText(row.Volume).ShouldBe(volume);
        row.Open.ShouldBe(FixedPoint.One);
        row.TradeCount.ShouldBe(2);
        log.Rounded.ShouldBe(rounded);
    }

    [Theory]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1", "expected 7 columns but found 6", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1,1,1", "expected 7 columns but found 8", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,-1,1", "the volume is negative", true)]
    [InlineData("1704067200,1.0,1.0,1.5,1.0,1,1", "high < low", true)]
    [InlineData("1704067200,3.0,2.0,1.0,1.0,1,1", "open or close lies outside low to high", true)]
    [InlineData("1704067200,0,1.0,0,1.0,1,1", "a price is not above 0", true)]
    [InlineData("1704067200,-1.0,1.0,-1.0,1.0,1,1", "a price is not above 0", true)]
    [InlineData("1704067200,100000000,100000000,1.0,1.0,1,1", "a price is not below 10^8", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1e18,1", "the volume is not below 10^18", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1,-1", "the trade count is negative", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,1,1.5", "the number of trades '1.5' is not a whole number", true)]
    [InlineData("1704067200,1.0,abc,1.0,1.0,1,1", "the high 'abc' is not a number", true)]
    [InlineData("1704067200,1.0,1.0,1.0,1.0,,1", "the volume '' is not a number", true)]
    [InlineData("1704067230,1.0,1.0,1.0,1.0,1,1", "the timestamp 1704067230 is not the start of a candle of 1 min", false)]
    [InlineData("1104537600,1.0,1.0,1.0,1.0,1,1", "the timestamp 1104537600 is not between 2009 and 2100", false)]
    [InlineData("4102444800,1.0,1.0,1.0,1.0,1,1", "the timestamp 4102444800 is not between 2009 and 2100", false)]
    [InlineData("1704067200.5,1.0,1.0,1.0,1.0,1,1", "the timestamp '1704067200.5' is not a whole number of seconds", false)]
    [InlineData("yesterday,1.0,1.0,1.0,1.0,1,1", "the timestamp 'yesterday' is not a whole number of seconds", false)]
    [InlineData("99999999999999999999999999999999999999999999999,1.0,1.0,1.0,1.0,1,1", "the timestamp '9999999999999999999999999999999999999999…' is not a whole number of seconds", false)]
    public void A_row_that_cannot_be_taken_is_rejected_with_its_reason(string line, string reason, bool hasTime)
    {
        var (rows, log) = Parse($"{CsvText.Row(-1)}\n{line}\n{CsvText.Row(1)}\n");

        rows.Count.ShouldBe(2);
        log.Rows.ShouldBe(3);
        var rejected = log.Take().ShouldHaveSingleItem();
        rejected.Reason.ShouldBe(reason);
        rejected.Line.ShouldBe(2);
        rejected.Index.ShouldBe(1);
        Encoding.UTF8.GetString(rejected.Text).ShouldBe(line);
        rejected.Time.ShouldBe(hasTime ? 1_704_067_200_000_000 : null);
    }

    [Theory]
    [InlineData("timestamp,open,high,low,close,volume,trades\n")]
    [InlineData("Timestamp,Open,High,Low,Close,Volume,Trades\r\n")]
    [InlineData("\"time\",\"open\",\"high\",\"low\",\"close\",\"volume\",\"count\"\n")]
    [InlineData("\n\ntimestamp,open,high,low,close,volume,trades\n\n")]
    public void A_header_and_blank_lines_are_no_rows(string header)
    {
        var (rows, log) = Parse(header + CsvText.Rows(0, 1) + "  \n" + CsvText.Rows(2));

        rows.Count.ShouldBe(3);
        log.Rows.ShouldBe(3);
        log.Rejected.ShouldBe(0);
    }

    [Fact]
    public void A_header_in_the_middle_is_a_rejected_row()
    {
        var (_, log) = Parse(CsvText.Rows(0) + "timestamp,open,high,low,close,volume,trades\n" + CsvText.Rows(1));

        log.Rejected.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public void Line_ends_byte_order_mark_and_a_missing_last_line_feed_do_not_matter(int chunk)
    {
        var plain = Parse(CsvText.Rows(0, 1, 2), chunk).Rows;

        Parse("\uFEFF" + CsvText.Rows(0, 1, 2), chunk).Rows.ShouldBe(plain);
        Parse(CsvText.Rows(0, 1, 2).Replace("\n", "\r\n", StringComparison.Ordinal), chunk).Rows.ShouldBe(plain);
        Parse(CsvText.Rows(0, 1, 2).TrimEnd('\n'), chunk).Rows.ShouldBe(plain);
    }

    [Fact]
    public void A_line_longer_than_the_buffer_is_rejected_and_the_next_is_read()
    {
        var (rows, log) = Parse(CsvText.Rows(0) + new string('7', 3 << 20) + "\n" + CsvText.Rows(1));

        rows.Count.ShouldBe(2);
        log.Take().ShouldHaveSingleItem().Text.Length.ShouldBeLessThan(1200);
    }

    [Theory]
    [InlineData("PK\u0003\u0004\u0014\0")]
    [InlineData("SQLite format 3\0")]
    [InlineData("\u001f\u0008rest")]
    public void What_is_no_text_is_refused(string start) =>
        Should.Throw<ImportException>(() => Parse(start + CsvText.Rows(0))).Message.ShouldContain("is not a text file");

    [Fact]
    public void Positions_are_those_of_the_bytes_in_the_file()
    {
        var text = "\uFEFF" + CsvText.Rows(0) + new string('x', 2 << 20) + "\r\n" + CsvText.Rows(1) + CsvText.Row(2);
        var bytes = Encoding.UTF8.GetBytes(text);
        using var blocks = CsvText.Blocks(bytes);
        blocks.SkipPreamble();
        var positions = new List<long>();
        while (blocks.Fill())
        {
            blocks.Advance(blocks.Lines.IndexOf((byte)'\n') + 1);
            positions.Add(blocks.Position);
        }

        var first = 3 + CsvText.Rows(0).Length;
        var second = first + (2 << 20) + 2;
        positions.ShouldBe([first, second, second + CsvText.Rows(1).Length, bytes.Length]);
    }

    [Fact]
    public void Any_candle_survives_the_way_through_text() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<uint>().Four().SelectMany(
                prices => ArbMap.Default.GeneratorFor<ulong>().SelectMany(volume => Gen.Choose(0, 10), (volume, scale) => (prices, volume, scale))).ToArbitrary(),
            input =>
            {
                var ((a, b, c, d), volume, scale) = input;
                var prices = new[] { Price(a, scale), Price(b, scale), Price(c, scale), Price(d, scale) }.Order().ToArray();
                var size = Scaled(volume >> 8, scale);
                var line = string.Create(CultureInfo.InvariantCulture, $"1704067200,{prices[1]},{prices[3]},{prices[0]},{prices[2]},{size},{volume % 1000}\n");

                var row = Parse(line).Rows.ShouldHaveSingleItem();

                FixedPoint.ToDecimal(row.Open).ShouldBe(prices[1]);
                FixedPoint.ToDecimal(row.High).ShouldBe(prices[3]);
                FixedPoint.ToDecimal(row.Low).ShouldBe(prices[0]);
                FixedPoint.ToDecimal(row.Close).ShouldBe(prices[2]);
                FixedPoint.ToDecimal(row.Volume).ShouldBe(size);

                static decimal Price(uint mantissa, int scale) => Scaled((mantissa % 99_999_999) + 1, scale);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Damaged_text_never_crashes_and_every_line_is_taken_rejected_or_blank()
    {
        var original = Encoding.ASCII.GetBytes("timestamp,open,high,low,close,volume,trades\n" + CsvText.Rows([.. Enumerable.Range(0, 20)]) + "1704070800,1.0,1.0,1.0,1.0,1E+1,2\n");
        Prop.ForAll(
            Gen.Choose(0, original.Length - 1).SelectMany(at => Gen.Choose(0, 255), (at, value) => (at, value)).ArrayOf().ToArbitrary(),
            changes =>
            {
                var bytes = (byte[])original.Clone();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = (byte)value;
                }

                var log = new RowLog();
                var parser = new OhlcvtParser(Interval.Minute, log);
                using var batch = CandleBatch.Rent(100);
                using var blocks = CsvText.Blocks(bytes, chunk: 100);
                while (blocks.Fill())
                {
                    blocks.Advance(parser.Parse(blocks.Lines, batch, 100));
                }

                (batch.Count + log.Rejected).ShouldBe(log.Rows);
                OhlcvtParser.FillConstants(batch);
                batch.Rows().All(row => row.Fault() is null).ShouldBeTrue();
                log.Line.ShouldBe(bytes.Count(value => value == '\n') + (bytes[^1] == '\n' ? 0 : 1));
            }).QuickCheckThrowOnFailure();
    }

    private static decimal Scaled(ulong mantissa, int scale) => unchecked(new decimal((int)mantissa, (int)(mantissa >> 32), 0, false, (byte)scale));

    private static (List<CandleRow> Rows, RowLog Log) Parse(string text, int chunk = int.MaxValue)
    {
        var log = new RowLog();
        var parser = new OhlcvtParser(Interval.Minute, log);
        using var batch = CandleBatch.Rent(1000);
        using var blocks = CsvText.Blocks(Encoding.UTF8.GetBytes(text), chunk);
        blocks.SkipPreamble();
        while (blocks.Fill())
        {
            blocks.Advance(parser.Parse(blocks.Lines, batch, 1000));
        }

        OhlcvtParser.FillConstants(batch);
        return ([.. batch.Rows()], log);
    }
}
