using System.IO.Compression;
using System.Text;
using System.Text.Json;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class CandleImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_covers_from_its_first_row_to_its_last_rows_open()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1, 5, 9));

        var file = await new BulkCsvImporter(store).ImportCsvFileAsync(path, cancellationToken: Cancellation);

        file.ShouldBe(Imported("XBTUSD_1.csv", "BTC/USD", rows: 4, inserted: 4));
        (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe("0-9");
        (await store.GetWantedFromAsync("BTC/USD", Cancellation)).ShouldBe(DateTimeOffset.FromUnixTimeSeconds(CsvText.Start));
        var status = (await store.GetSyncStatusAsync("BTC/USD", Cancellation)).ShouldHaveSingleItem();
        status.TotalRecords.ShouldBe(4);
    }

    [Theory]
    [InlineData("a rejected row with a time leaves out its candle", "0 1 2! 3 4", "0-2 3-4")]
    [InlineData("one whose minute the next row repeats is out all the same", "0 1 3! 4", "0-3")]
    [InlineData("a row without a time leaves out what lies between its neighbours", "0 1 ? 5 6", "0-2 5-6")]
    [InlineData("nothing lies between neighbours that touch", "0 1 ? 2 3", "0-3")]
    [InlineData("several of them", "0 1 ? ? 5! ? 8 9", "0-2 8-9")]
    [InlineData("before the first row nothing is covered", "? 0! 1 2", "1-2")]
    [InlineData("behind the last row nothing is covered", "0 1 2! ?", "0-1")]
    [InlineData("an off-grid time is no time", "0 ~1 4 5", "0-1 4-5")]
    public async Task Rejected_rows_leave_the_coverage(string why, string rows, string covered)
    {
        var text = string.Concat(rows.Split(' ').Select(Line));
        for (var batchSize = 1; batchSize <= 8; batchSize++)
        {
            await using var store = new InMemoryMarketStore();
            var path = CsvText.Write(_folder, $"{batchSize}/XBTUSD_1.csv", text);

            var file = await new BulkCsvImporter(store, new() { BatchSize = batchSize }).ImportCsvFileAsync(path, cancellationToken: Cancellation);

            (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe(covered, $"{why}, batch size {batchSize}");
            file.Rows.ShouldBe(rows.Split(' ').Length);
            file.Rejected.ShouldBe(rows.Count(character => character is '!' or '?' or '~'));
            (file.Inserted + file.Unchanged + file.Conflicting + file.Rejected).ShouldBe(file.Rows);
        }

        static string Line(string row) => row switch
        {
            "?" => "no row\n",
            _ when row.EndsWith('!') => CsvText.Row(int.Parse(row[..^1], null), volume: "-1") + "\n",
            _ when row.StartsWith('~') => $"{CsvText.Start + (int.Parse(row[1..], null) * 60) + 1},1,1,1,1,1,1\n",
            _ => CsvText.Row(int.Parse(row, null)) + "\n",
        };
    }

    [Theory]
    [InlineData("5 3 4 1 2 0")]
    [InlineData("0 1 2 2 3 4 5")]
    [InlineData("5 4 3 2 1 0 5 4 3 2 1 0")]
    public async Task A_file_out_of_order_gives_the_same_store_as_one_in_order(string minutes)
    {
        await using var ordered = new InMemoryMarketStore();
        await new BulkCsvImporter(ordered).ImportCsvFileAsync(CsvText.Write(_folder, "ordered/XBTUSD_1.csv", CsvText.Rows(0, 1, 2, 3, 4, 5)), cancellationToken: Cancellation);
        var rows = minutes.Split(' ').Select(minute => int.Parse(minute, null)).ToArray();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(rows));
        for (var batchSize = 1; batchSize <= 7; batchSize++)
        {
            await using var store = new InMemoryMarketStore();

            var file = await new BulkCsvImporter(store, new() { BatchSize = batchSize }).ImportCsvFileAsync(path, cancellationToken: Cancellation);

            file.ShouldBe(Imported("XBTUSD_1.csv", "BTC/USD", rows.Length, inserted: 6, unchanged: rows.Length - 6));
            (await DumpAsync(store)).ShouldBe(await DumpAsync(ordered));
        }
    }

    [Fact]
    public async Task In_a_file_out_of_order_a_row_without_a_time_leaves_out_everything_between_its_neighbours()
    {
        await using var store = new InMemoryMarketStore();
        var text = CsvText.Rows(9, 8) + "no row\n" + CsvText.Rows(3, 2, 1) + CsvText.Row(6, volume: "-1") + "\n" + CsvText.Rows(0);

        await new BulkCsvImporter(store, new() { BatchSize = 2 }).ImportCsvFileAsync(CsvText.Write(_folder, "XBTUSD_1.csv", text), cancellationToken: Cancellation);

        (await CsvText.CoveredAsync(store, "BTC/USD", "candles_1m", Cancellation)).ShouldBe("0-4 8-9");
    }

    [Fact]
    public void Rejected_rows_of_a_file_out_of_order_do_not_pile_up()
    {
        var text = string.Concat(Enumerable.Range(0, 25_000).Select(row => CsvText.Row(-2 * row) + "\n" + CsvText.Row((-2 * row) - 1, volume: "-1") + "\n"));
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", text);
        using var pieces = new OhlcvtSorted(CsvSource.OfFile(path, "XBTUSD_1.csv"), Interval.Minute, batchSize: 10_000);

        var all = CsvText.Pieces(pieces, Cancellation);

        all.Select(piece => piece.Rejected.Count).Max().ShouldBeLessThanOrEqualTo(10_000);
        all.Sum(piece => piece.Rejected.Count).ShouldBe(25_000);
        all.Sum(piece => piece.Candles?.Count ?? 0).ShouldBe(25_000);
        all.SelectMany(piece => piece.Covered).All(covered => covered.Range.Range.EndMicroseconds - covered.Range.Range.StartMicroseconds == 60_000_000).ShouldBeTrue();
        all.SelectMany(piece => piece.Covered).Count().ShouldBe(24_999);
        all.Select(piece => piece.Rows).ShouldBeInOrder();
    }

    [Fact]
    public void A_file_out_of_order_that_is_too_large_for_memory_says_so()
    {
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(2, 1, 0));
        using var pieces = new OhlcvtSorted(CsvSource.OfFile(path, "XBTUSD_1.csv"), Interval.Minute, batchSize: 10, rowsMax: 2);

        Should.Throw<ImportException>(() => pieces.Next(Cancellation)).Message.ShouldContain("Sort it by its first column");
    }

    [Fact]
    public async Task Of_two_rows_of_one_time_the_one_with_precedence_stays()
    {
        await using var store = new InMemoryMarketStore();
        var text = CsvText.Row(0, trades: "5") + "\n" + CsvText.Row(0, trades: "7") + "\n" + CsvText.Rows(1);

        var file = await new BulkCsvImporter(store).ImportCsvFileAsync(CsvText.Write(_folder, "XBTUSD_1.csv", text), cancellationToken: Cancellation);

        file.ShouldBe(Imported("XBTUSD_1.csv", "BTC/USD", rows: 3, inserted: 2, conflicting: 1));
        (await DumpAsync(store)).ShouldContain(",1.5,,7,");
    }

    [Fact]
    public async Task Importing_again_changes_nothing_and_says_so()
    {
        await using var store = new InMemoryMarketStore();
        var importer = new BulkCsvImporter(store, new() { AllIntervals = true, BatchSize = 3 });
        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1, 2, 3, 4) + "x\n");
        CsvText.Write(_folder, "ETHUSD_5.csv", CsvText.Rows(0, 5, 10));
        var first = await importer.ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);
        var dump = await DumpAsync(store);
        var rejected = await File.ReadAllTextAsync(_folder["XBTUSD_1.csv.rejected.csv"], Cancellation);

        var second = await importer.ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        first.Files.Select(file => (file.File, file.Inserted, file.Unchanged, file.Rejected)).ShouldBe([("ETHUSD_5.csv", 3, 0, 0), ("XBTUSD_1.csv", 5, 0, 1)]);
        second.Files.Select(file => (file.File, file.Inserted, file.Unchanged, file.Rejected)).ShouldBe([("ETHUSD_5.csv", 0, 3, 0), ("XBTUSD_1.csv", 0, 5, 1)]);
        (await DumpAsync(store)).ShouldBe(dump);
        (await File.ReadAllTextAsync(_folder["XBTUSD_1.csv.rejected.csv"], Cancellation)).ShouldBe(rejected);
    }

    [Fact]
    public async Task Rejected_rows_are_listed_with_line_and_reason_and_stop_nothing()
    {
        await using var store = new InMemoryMarketStore();
        var text = "timestamp,open,high,low,close,volume,trades\n" + CsvText.Rows(0) + "a,\"b\"\n" + CsvText.Rows(2) + CsvText.Row(3, high: "1.0") + "\r\n";
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", text);

        var file = await new BulkCsvImporter(store, new() { RejectedDirectory = _folder["out"] }).ImportCsvFileAsync(path, cancellationToken: Cancellation);

        file.Rejected.ShouldBe(2);
        file.RejectedFile.ShouldBe(Path.Combine(_folder["out"], "XBTUSD_1.csv.rejected.csv"));
        (await File.ReadAllTextAsync(file.RejectedFile!, Cancellation)).ShouldBe(
            "line,reason,row\n"
            + "3,\"expected 7 columns but found 2\",\"a,\"\"b\"\"\"\n"
            + $"5,\"high < low\",\"{CsvText.Row(3, high: "1.0")}\"\n");
    }

    [Fact]
    public async Task A_list_of_rejected_rows_goes_away_with_their_repair()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0) + "x\n");
        await new BulkCsvImporter(store).ImportCsvFileAsync(path, cancellationToken: Cancellation);
        File.Exists(path + ".rejected.csv").ShouldBeTrue();

        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1));
        var file = await new BulkCsvImporter(store).ImportCsvFileAsync(path, cancellationToken: Cancellation);

        file.RejectedFile.ShouldBeNull();
        File.Exists(path + ".rejected.csv").ShouldBeFalse();
    }

    [Fact]
    public async Task A_foreign_file_in_the_way_of_the_list_is_left_alone()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0) + "x\n");
        CsvText.Write(_folder, "XBTUSD_1.csv.rejected.csv", "mine");

        await Should.ThrowAsync<ImportException>(() => new BulkCsvImporter(store).ImportCsvFileAsync(path, cancellationToken: Cancellation));

        (await File.ReadAllTextAsync(path + ".rejected.csv", Cancellation)).ShouldBe("mine");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_killed_import_goes_on_to_the_result_of_an_undisturbed_one(int batchSize)
    {
        var text = string.Concat(Enumerable.Range(0, 12).Select(minute => minute switch
        {
            2 => "no row\n",
            3 => CsvText.Row(3, volume: "-1") + "\n",
            7 => "no row\nagain\n",
            11 => CsvText.Row(11) + "\r\nlast",
            _ => CsvText.Row(minute) + "\n",
        }));
        foreach (var zipped in new[] { false, true })
        {
            await using var undisturbed = new InMemoryMarketStore();
            var path = Place($"whole-{batchSize}-{zipped}", text, zipped);
            var whole = await ImportAsync(undisturbed, path, batchSize);
            for (var writes = 1; writes < 10; writes++)
            {
                await using var store = new InMemoryMarketStore();
                path = Place($"{batchSize}-{writes}-{zipped}", text, zipped);
                try
                {
                    await ImportAsync(new StoppingStore(store, writes), path, batchSize);
                }
                catch (MarketStoreException)
                {
                }

                var rest = await ImportAsync(store, path, batchSize);

                (await DumpAsync(store)).ShouldBe(await DumpAsync(undisturbed), $"killed after {writes} writes of {batchSize}");
                rest.Rows.ShouldBe(whole.Rows);
                rest.Rejected.ShouldBe(whole.Rejected);
                (rest.Inserted + rest.Unchanged).ShouldBe(whole.Inserted);
                (rest.RejectedFile is null ? null : await File.ReadAllTextAsync(rest.RejectedFile, Cancellation))
                    .ShouldBe(whole.RejectedFile is null ? null : await File.ReadAllTextAsync(whole.RejectedFile, Cancellation));
            }
        }
    }

    [Fact]
    public async Task An_import_whose_list_of_rejected_rows_is_gone_starts_again()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0) + "x\n" + CsvText.Rows(1, 2, 3, 4));
        await Should.ThrowAsync<MarketStoreException>(() => ImportAsync(new StoppingStore(store, 2), path, 2));
        File.Delete(path + ".rejected.csv");

        var file = await ImportAsync(store, path, 2);

        file.Rows.ShouldBe(6);
        file.Rejected.ShouldBe(1);
        (await File.ReadAllTextAsync(path + ".rejected.csv", Cancellation)).ShouldContain("2,\"expected 7 columns");
    }

    [Fact]
    public async Task A_cancelled_import_keeps_what_it_stored_and_goes_on_later()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows([.. Enumerable.Range(0, 50)]));
        using var cancelled = new CancellationTokenSource();
        var importer = new BulkCsvImporter(store, new() { BatchSize = 10 });

        await Should.ThrowAsync<OperationCanceledException>(() => importer.ImportFileAsync(path, new CancelAtFirstRows(cancelled), cancelled.Token));
        var stored = (await store.GetStatusAsync(Cancellation)).Candles;
        var file = await ImportAsync(store, path, 10);

        stored.ShouldBeInRange(10, 49);
        (file.Rows, file.Unchanged, file.Inserted).ShouldBe((50, stored, 50 - stored));
    }

    [Fact]
    public async Task A_changed_file_is_imported_from_its_start()
    {
        await using var store = new InMemoryMarketStore();
        var path = CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1, 2, 3));
        await Should.ThrowAsync<MarketStoreException>(() => ImportAsync(new StoppingStore(store, 1), path, 2));

        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(7, 8, 9));
        var file = await ImportAsync(store, path, 2);

        file.ShouldBe(Imported("XBTUSD_1.csv", "BTC/USD", rows: 3, inserted: 3));
    }

    [Fact]
    public void A_report_has_exactly_the_promised_names()
    {
        var json = JsonSerializer.Serialize(Imported("XBTUSD_1.csv", "BTC/USD", rows: 4, inserted: 4));

        json.ShouldBe("""{"file":"XBTUSD_1.csv","symbol":"BTC/USD","interval_minutes":1,"rows":4,"inserted":4,"unchanged":0,"conflicting":0,"rejected":0}""");
    }

    private static ImportedFile Imported(string file, string symbol, long rows, long inserted, long unchanged = 0, long conflicting = 0) => new()
    {
        File = file,
        Symbol = symbol,
        IntervalMinutes = 1,
        Rows = rows,
        Inserted = inserted,
        Unchanged = unchanged,
        Conflicting = conflicting,
        Rejected = 0,
        IsTimeAndSales = false,
        Candles = inserted,
        Rounded = 0,
    };

    private static Task<string> DumpAsync(IMarketStore store) => CsvText.DumpAsync(store, Cancellation);

    private static async Task<ImportedFile> ImportAsync(IMarketStore store, string path, int batchSize)
    {
        var report = await new BulkCsvImporter(store, new() { BatchSize = batchSize }).ImportFileAsync(path, cancellationToken: Cancellation);
        report.Failed.ShouldBeEmpty();
        return report.Files.ShouldHaveSingleItem();
    }

    private string Place(string folder, string text, bool zipped)
    {
        var path = CsvText.Write(_folder, $"{folder}/XBTUSD_1.csv", text);
        if (!zipped)
        {
            return path;
        }

        var archivePath = _folder[$"{folder}/archive.zip"];
        using var archive = ZipFile.Open(archivePath, ZipArchiveMode.Create);
        using (var member = archive.CreateEntry("master_q4/XBTUSD_1.csv").Open())
        {
            member.Write(Encoding.UTF8.GetBytes(text));
        }

        return archivePath;
    }

    private sealed class CancelAtFirstRows(CancellationTokenSource source) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            if (value.Rows > 0)
            {
                source.Cancel();
            }
        }
    }
}
