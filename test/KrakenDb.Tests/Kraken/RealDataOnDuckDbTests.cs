using System.Globalization;
using KrakenDb.DuckDb;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

/// <summary>Kraken's own files in the embedded engine, from the file's text to the provider's answer.</summary>
public sealed class RealDataOnDuckDbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private BulkCsvImporterOptions Options => new() { AllIntervals = true, RejectedDirectory = _folder["rejected"] };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_in_any_order_make_the_same_store()
    {
        // Three editions overlap: the daily and half-daily files of 2021 and 2025 disagree on some days, because Kraken republished.
        var files = Directory.EnumerateFiles(Path.Combine(Required.SharedData(), "ohlcvt"), "*.csv", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();

        var forward = await ImportAsync("forward.duckdb", files);
        var backward = await ImportAsync("backward.duckdb", [.. files.AsEnumerable().Reverse()]);
        var mixed = await ImportAsync("mixed.duckdb", [.. files.OrderBy(path => Path.GetFileName(path).Length).ThenByDescending(path => path, StringComparer.Ordinal)]);

        forward.Count.ShouldBeGreaterThan(100_000);
        backward.ShouldBe(forward);
        mixed.ShouldBe(forward);
    }

    [Fact]
    public async Task Days_aggregated_from_stored_hours_equal_the_daily_file()
    {
        var data = Path.Combine(Required.SharedData(), "ohlcvt");
        await using var store = await OpenAsync("hours.duckdb");
        await new BulkCsvImporter(store, Options).ImportCsvFileAsync(Path.Combine(data, "aironav_bitcoin_2020Q3", "XBTUSD_60.csv"), cancellationToken: Cancellation);
        var published = (await File.ReadAllLinesAsync(Path.Combine(data, "noah-perry_2021Q1", "XBTUSD_1440.csv"), Cancellation))
            .Where(line => char.IsAsciiDigit(line[0]))
            .Select(line => line.Split(','))
            .ToDictionary(fields => DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[0], CultureInfo.InvariantCulture)));

        var days = await new HistoricalDataProvider(store).GetCandlesAsync("XBTUSD", Interval.Day, DateTimeOffset.UnixEpoch, new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero), cancellationToken: Cancellation);

        days.Count.ShouldBeGreaterThan(2_500);
        foreach (var day in days.Where(day => day.Complete))
        {
            var expected = published[day.Timestamp];
            (day.Open, day.High, day.Low, day.Close).ShouldBe((Number(expected[1]), Number(expected[2]), Number(expected[3]), Number(expected[4])), day.Timestamp.ToString("u"));
            day.TradeCount.ShouldBe(long.Parse(expected[6], CultureInfo.InvariantCulture));
            day.Volume.ShouldBe(Number(expected[5]), 0.0000001m);
        }

        // The file begins on an evening and its last hour is stored but not covered: neither of these days is whole.
        days.Where(day => !day.Complete).Select(day => day.Timestamp).ShouldBe([days[0].Timestamp, days[^1].Timestamp]);
    }

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private async Task<IMarketStore> OpenAsync(string name) => await DuckDbMarketStore.OpenAsync(_folder[name], new DuckDbOptions(), Cancellation);

    /// <summary>Everything that the store holds, as text.</summary>
    private async Task<List<string>> ImportAsync(string name, List<string> files)
    {
        await using var store = await OpenAsync(name);
        var importer = new BulkCsvImporter(store, Options);
        foreach (var file in files)
        {
            await importer.ImportCsvFileAsync(file, cancellationToken: Cancellation);
        }

        var contents = new List<string>();
        foreach (var status in await store.GetSyncStatusAsync(cancellationToken: Cancellation))
        {
            contents.Add(string.Create(CultureInfo.InvariantCulture, $"{status.Symbol} {status.DataType} {status.OldestTimestamp:u} {status.NewestTimestamp:u} {status.TotalRecords}"));
            contents.Add((await store.GetCoverageAsync(status.Symbol, status.DataType, Cancellation)).ToString());
            contents.Add((await store.GetWantedFromAsync(status.Symbol, Cancellation)).ToString()!);
            var interval = DataType.CandleInterval(status.DataType)!.Value;
            using var rows = await store.ReadCandlesAsync(status.Symbol, interval, interval, new TimeRange(status.OldestTimestamp, status.NewestTimestamp + interval.Duration), Cancellation);
            rows.Count.ShouldBe((int)status.TotalRecords);
            contents.AddRange(rows.Rows().Select(row => $"{row.Timestamp} {row.ToText()} {row.Source}"));
        }

        return contents;
    }
}
