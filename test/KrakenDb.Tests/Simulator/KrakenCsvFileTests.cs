using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using KrakenDb.Simulator;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Simulator;

public sealed partial class KrakenCsvFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("krakendb-market-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1, "1896825FE03470E2A881DF707C35521E765AE172E64980BE7CECC7FC0E768697")]
    [InlineData(60, "96201F3005C9958C17383EEFD167C2F1EFBD9A7AB892138E7C9B20C3C90002B8")]
    public async Task A_seed_gives_the_same_candle_bytes_everywhere(int intervalMinutes, string sha256)
    {
        var bytes = await Bytes(new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(10_000)) { IntervalMinutes = intervalMinutes });

        Convert.ToHexString(SHA256.HashData(bytes)).ShouldBe(sha256);
    }

    [Fact]
    public async Task A_seed_gives_the_same_trade_bytes_everywhere()
    {
        var bytes = await Bytes(new TradeFile(MarketSpec.RippleTether, MinuteSpan.First(10_000), TradeLayout.WithIds));

        Convert.ToHexString(SHA256.HashData(bytes)).ShouldBe("56BC18881285EBDFC1B0621635BF15D6F1BED2251F8D0539E6C981CDCF555F5F");
    }

    [Fact]
    public async Task Candle_files_have_the_documented_layout()
    {
        var file = new CandleFile(MarketSpec.RippleTether, MinuteSpan.First(50_000));

        var lines = await Lines(file);

        file.FileName.ShouldBe("XRPUSDT_1.csv");
        lines.ShouldAllBe(line => CandleLine().IsMatch(line));
        var volumes = lines.Select(line => line.Split(',')[5]).ToArray();
        volumes.Count(volume => volume.Contains('E', StringComparison.Ordinal)).ShouldBeGreaterThan(20);
        volumes.Count(volume => volume.All(char.IsAsciiDigit)).ShouldBeGreaterThan(20);
        volumes.ShouldNotContain(volume => volume.All(char.IsAsciiDigit) && volume.EndsWith('0'));
        volumes.Count(volume => volume.Length - volume.IndexOf('.', StringComparison.Ordinal) > 11).ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(60)]
    [InlineData(1440)]
    public async Task The_text_says_what_the_minutes_add_up_to(int intervalMinutes)
    {
        var span = MinuteSpan.First(7_000);
        var expected = SeededMarket.Candles(MarketSpec.EtherUsd, span)
            .GroupBy(minute => minute.UnixSeconds / (intervalMinutes * 60) * (intervalMinutes * 60))
            .Select(bucket => (
                bucket.Key,
                Unscaled(bucket.First().Open),
                Unscaled(bucket.Max(minute => minute.High)),
                Unscaled(bucket.Min(minute => minute.Low)),
                Unscaled(bucket.Last().Close),
                Unscaled(bucket.Aggregate(Int128.Zero, (sum, minute) => sum + minute.Volume)),
                bucket.Sum(minute => minute.Trades)));

        var lines = await Lines(new CandleFile(MarketSpec.EtherUsd, span) { IntervalMinutes = intervalMinutes });

        lines.Select(line => line.Split(',')).Select(field => (
            long.Parse(field[0], CultureInfo.InvariantCulture),
            Number(field[1]),
            Number(field[2]),
            Number(field[3]),
            Number(field[4]),
            decimal.Round(Number(field[5]), 10, MidpointRounding.AwayFromZero),
            int.Parse(field[6], CultureInfo.InvariantCulture))).ShouldBe(expected);
    }

    [Theory]
    [InlineData(TradeLayout.WholeSeconds, @"^\d{10},\d+\.\d+,\d+(\.\d+)?(E\+\d+)?$")]
    [InlineData(TradeLayout.FixedDecimals, @"^\d{10},\d+\.\d{6},\d+\.\d{8}$")]
    [InlineData(TradeLayout.WithIds, @"^\d+\.\d,\d+\.\d{8},\d{10}\.\d{6},[bs],[ml],,\d+$")]
    internal async Task Trade_files_have_the_documented_layout(TradeLayout layout, string pattern)
    {
        var span = MinuteSpan.First(300);
        var file = new TradeFile(MarketSpec.BitcoinUsd, span, layout);

        var lines = await Lines(file);

        file.FileName.ShouldBe("XBTUSD.csv");
        if (layout == TradeLayout.WithIds)
        {
            lines[0].ShouldBe("Price,Volume,Timestamp,Type,Miscellaneous,Trade ID");
            lines = lines[1..];
        }

        var trades = SeededMarket.Trades(MarketSpec.BitcoinUsd, span).ToArray();
        lines.ShouldAllBe(line => Regex.IsMatch(line, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)));
        var (price, volume) = layout == TradeLayout.WithIds ? (0, 1) : (1, 2);
        lines.Select(line => line.Split(',')).Select(field => (Number(field[price]), Number(field[volume])))
            .ShouldBe(trades.Select(trade => (Unscaled(trade.Price), Unscaled(trade.Volume))));
    }

    [Fact]
    public async Task Trades_with_ids_tell_time_side_type_and_id()
    {
        var spec = MarketSpec.BitcoinUsd with { FirstTradeId = 500 };

        var lines = await Lines(new TradeFile(spec, MinuteSpan.First(60), TradeLayout.WithIds));

        lines[1..].Select(line => string.Join(',', line.Split(',')[2..])).ShouldBe(SeededMarket.Trades(spec, MinuteSpan.First(60)).Select(trade =>
        {
            var microseconds = trade.UnixNanoseconds / 1_000;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{microseconds / 1_000_000}.{microseconds % 1_000_000:000000},{(trade.IsBuy ? 'b' : 's')},{(trade.IsMarket ? 'm' : 'l')},,{trade.Id}");
        }));
    }

    [Fact]
    public async Task A_header_and_a_number_of_rows_can_be_asked_for()
    {
        var file = new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(1_000)) { Header = true, RowsMax = 17 };

        var lines = await Lines(file);

        lines.Length.ShouldBe(18);
        lines[0].ShouldBe("timestamp,open,high,low,close,volume,trades");
    }

    [Fact]
    public async Task A_file_of_several_buffers_reports_its_rows_and_replaces_an_older_one()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "XBTUSD_1.csv"), "old", Cancellation);
        var file = new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(50_000));
        var progress = new Reports();

        var rows = await file.WriteToDirectoryAsync(_directory, progress, Cancellation);

        var written = await File.ReadAllBytesAsync(Path.Combine(_directory, "XBTUSD_1.csv"), Cancellation);
        written.ShouldBe(await Bytes(file));
        rows.ShouldBe(written.LongCount(value => value == '\n'));
        progress.Values.Count.ShouldBeGreaterThan(2);
        progress.Values.ShouldBeInOrder();
        progress.Values[^1].ShouldBe(rows);
        Directory.GetFiles(_directory).Length.ShouldBe(1);
    }

    [Fact]
    public async Task An_interval_that_Kraken_does_not_publish_is_refused() =>
        await Should.ThrowAsync<InvalidOperationException>(() =>
            Bytes(new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(10)) { IntervalMinutes = 7 }));

    [Theory]
    [InlineData("")]
    [InlineData(KrakenArchive.CompleteFolder)]
    public async Task An_archive_holds_the_same_bytes_as_the_files(string folder)
    {
        KrakenCsvFile[] files =
        [
            new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(3_000)),
            new CandleFile(MarketSpec.BitcoinUsd, MinuteSpan.First(3_000)) { IntervalMinutes = 60 },
            new TradeFile(MarketSpec.EtherUsd, MinuteSpan.First(100), TradeLayout.FixedDecimals),
        ];
        var path = Path.Combine(_directory, "Kraken_OHLCVT.zip");
        var progress = new Reports();

        var rows = await KrakenArchive.WriteAsync(path, files, folder, progress, Cancellation);

        await using var archive = await ZipFile.OpenReadAsync(path, Cancellation);
        archive.Entries.Select(entry => entry.FullName).ShouldBe(files.Select(file => folder + file.FileName));
        foreach (var (entry, file) in archive.Entries.Zip(files))
        {
            using var content = new MemoryStream();
            await using var member = await entry.OpenAsync(Cancellation);
            await member.CopyToAsync(content, Cancellation);
            content.ToArray().ShouldBe(await Bytes(file));
        }

        progress.Values[^1].ShouldBe(rows);
    }

    [GeneratedRegex(@"^\d{10}(,\d+\.(\d|\d{2,8}(?<!0))){4},(\d+|\d+\.\d{1,16}(?<!0)|\d(\.\d*[1-9])?E\+\d+),[1-9]\d*$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex CandleLine();

    private static async Task<byte[]> Bytes(KrakenCsvFile file)
    {
        using var stream = new MemoryStream();
        await file.WriteAsync(stream, cancellationToken: Cancellation);
        return stream.ToArray();
    }

    private static async Task<string[]> Lines(KrakenCsvFile file)
    {
        var text = Encoding.ASCII.GetString(await Bytes(file));
        text.ShouldEndWith("\n");
        text.ShouldNotContain("\r");
        return text[..^1].Split('\n');
    }

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static decimal Unscaled(Int128 value) => (decimal)value / Scale.One;

    /// <summary>Unlike Progress&lt;T&gt;, at once and in order.</summary>
    private sealed class Reports : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}
