using System.Globalization;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

/// <summary>Kraken's own files, as collected in the folder of shared data.</summary>
public sealed class RealDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static BulkCsvImporterOptions All(TemporaryFolder folder) => new() { AllIntervals = true, RejectedDirectory = folder["rejected"] };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_row_of_every_file_is_stored_with_the_numbers_of_its_text()
    {
        var data = Path.Combine(Required.SharedData(), "ohlcvt");
        foreach (var path in Directory.EnumerateFiles(data, "*.csv", SearchOption.AllDirectories))
        {
            await using var store = new InMemoryMarketStore();
            var file = await new BulkCsvImporter(store, All(_folder)).ImportCsvFileAsync(path, cancellationToken: Cancellation);

            var lines = (await File.ReadAllLinesAsync(path, Cancellation)).Where(line => char.IsAsciiDigit(line[0])).ToList();
            file.Rows.ShouldBe(lines.Count, path);
            file.Inserted.ShouldBe(lines.Count, path);
            file.Rejected.ShouldBe(0, path);
            using var rows = await ReadAsync(store, file.Symbol, file.IntervalMinutes, file.IntervalMinutes);
            rows.Count.ShouldBe(lines.Count, path);
            for (var index = 0; index < lines.Count; index++)
            {
                var text = lines[index].Split(',');
                (rows.Timestamp[index] / 1_000_000).ShouldBe(long.Parse(text[0], CultureInfo.InvariantCulture));
                FixedPoint.ToDecimal(rows.Open[index]).ShouldBe(Number(text[1]));
                FixedPoint.ToDecimal(rows.High[index]).ShouldBe(Number(text[2]));
                FixedPoint.ToDecimal(rows.Low[index]).ShouldBe(Number(text[3]));
                FixedPoint.ToDecimal(rows.Close[index]).ShouldBe(Number(text[4]));
                FixedPoint.ToDecimal(rows.Volume[index]).ShouldBe(Number(text[5]));
                rows.TradeCount[index].ShouldBe(long.Parse(text[6], CultureInfo.InvariantCulture));
            }
        }
    }

    [Fact]
    public async Task The_whole_directory_adds_up_and_is_unchanged_the_second_time()
    {
        var data = Path.Combine(Required.SharedData(), "ohlcvt");
        await using var store = new InMemoryMarketStore();
        var importer = new BulkCsvImporter(store, All(_folder));

        var first = await importer.ImportDirectoryAsync(data, cancellationToken: Cancellation);
        var second = await importer.ImportDirectoryAsync(data, cancellationToken: Cancellation);

        first.Files.Count.ShouldBe(Directory.EnumerateFiles(data, "*.csv", SearchOption.AllDirectories).Count());
        first.Failed.ShouldBeEmpty();
        first.Skipped.ShouldBeEmpty();
        first.Files.ShouldAllBe(file => file.Rows == file.Inserted + file.Unchanged + file.Conflicting + file.Rejected && file.Rejected == 0);
        second.Files.Sum(file => file.Inserted).ShouldBe(0);
        second.Files.Select(file => (file.File, file.Rows)).ShouldBe(first.Files.Select(file => (file.File, file.Rows)));
    }

    [Fact]
    public async Task Days_added_up_from_hours_are_those_of_the_daily_file()
    {
        var data = Path.Combine(Required.SharedData(), "ohlcvt");
        await using var hours = new InMemoryMarketStore();
        await using var days = new InMemoryMarketStore();
        await new BulkCsvImporter(hours, All(_folder)).ImportCsvFileAsync(Path.Combine(data, "aironav_bitcoin_2020Q3", "XBTUSD_60.csv"), cancellationToken: Cancellation);
        await new BulkCsvImporter(days, All(_folder)).ImportCsvFileAsync(Path.Combine(data, "noah-perry_2021Q1", "XBTUSD_1440.csv"), cancellationToken: Cancellation);

        using var added = await ReadAsync(hours, "BTC/USD", 60, 1440);
        using var daily = await ReadAsync(days, "BTC/USD", 1440, 1440);
        var byDay = daily.Rows().ToDictionary(row => row.Timestamp);

        // The hours end in the middle of their last day.
        for (var index = 0; index < added.Count - 1; index++)
        {
            var day = byDay[added.Timestamp[index]];
            (added.Open[index], added.High[index], added.Low[index], added.Close[index], added.TradeCount[index]).ShouldBe((day.Open, day.High, day.Low, day.Close, day.TradeCount));
            FixedPoint.ToDecimal(Int128.Abs(added.Volume[index] - day.Volume)).ShouldBeLessThanOrEqualTo(0.0000001m);
        }
    }

    [Fact]
    public async Task A_time_and_sales_file_keeps_its_equal_rows()
    {
        var path = Path.Combine(Required.SharedData(), "time_and_sales", "BCHEUR.csv");
        await using var store = new InMemoryMarketStore();

        var file = await new BulkCsvImporter(store, All(_folder)).ImportCsvFileAsync(path, cancellationToken: Cancellation);

        var lines = (await File.ReadAllLinesAsync(path, Cancellation)).Select(line => line.Split(',')).ToList();
        (file.Symbol, file.Rows, file.Inserted, file.Rejected).ShouldBe(("BCH/EUR", lines.Count, lines.Count, 0));
        using var minutes = await ReadAsync(store, "BCH/EUR", 1, 1);
        minutes.Rows().Sum(row => row.TradeCount).ShouldBe(lines.Count);
        FixedPoint.ToDecimal(minutes.Rows().Aggregate(Int128.Zero, (sum, row) => sum + row.Volume)).ShouldBe(lines.Sum(line => Number(line[2])));
        FixedPoint.ToDecimal(minutes.Rows().Aggregate(Int128.Zero, (sum, row) => sum + row.QuoteVolume)).ShouldBe(lines.Sum(line => Number(line[1]) * Number(line[2])), 0.00000001m);
    }

    private static decimal Number(string text) =>
        Math.Round(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), 10, MidpointRounding.AwayFromZero);

    private static Task<CandleBatch> ReadAsync(IMarketStore store, string symbol, int stored, int bucket) =>
        store.ReadCandlesAsync(symbol, stored, bucket, new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100)), Cancellation);
}
