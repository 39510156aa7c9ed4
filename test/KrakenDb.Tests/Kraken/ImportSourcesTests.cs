using System.IO.Compression;
using System.Text;
using KrakenDb.Kraken;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Kraken;

public sealed class ImportSourcesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly InMemoryMarketStore _store = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_directory_is_imported_with_everything_below_it_and_says_what_was_left_alone()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1));
        CsvText.Write(_folder, "deep/er/ETHUSD_1.CSV", CsvText.Rows(0, 1));
        CsvText.Write(_folder, "XBTUSD_60.csv", CsvText.Rows(0, 60));
        CsvText.Write(_folder, "XBTUSD_7.csv", CsvText.Rows(0, 7));
        CsvText.Write(_folder, "FOOUSD_1.csv", CsvText.Rows(0, 1));
        CsvText.Write(_folder, "my notes.csv", "a,b,c\n");
        CsvText.Write(_folder, "readme.txt", "no CSV");
        CsvText.Write(_folder, "Kraken.zip.part00", "PK");

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Failed.ShouldBeEmpty();
        report.Files.Select(file => (file.File, file.Symbol)).ShouldBe([("XBTUSD_1.csv", "BTC/USD"), ("deep/er/ETHUSD_1.CSV", "ETH/USD")]);
        report.Skipped.Select(file => (file.File, file.Reason)).ShouldBe(
        [
            ("FOOUSD_1.csv", SkipReason.UnknownPair),
            ("Kraken.zip.part00", SkipReason.NotKraken),
            ("XBTUSD_60.csv", SkipReason.IntervalNotChosen),
            ("XBTUSD_7.csv", SkipReason.UnknownInterval),
            ("my notes.csv", SkipReason.NotKraken),
        ]);
        report.Skipped.Single(file => file.Reason == SkipReason.UnknownInterval).Message.ShouldContain("1, 5, 15, 30, 60, 240, 720, 1440");
    }

    [Fact]
    public async Task Linked_files_are_imported_and_circles_of_directories_are_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Symbolic links need a privilege on Windows.");
        using var elsewhere = new TemporaryFolder();
        CsvText.Write(elsewhere, "XBTUSD_1.csv", CsvText.Rows([.. Enumerable.Range(0, 100)]));
        File.CreateSymbolicLink(_folder["XBTUSD_1.csv"], elsewhere["XBTUSD_1.csv"]);
        File.CreateSymbolicLink(_folder["ETHUSD_1.csv"], elsewhere["gone.csv"]);
        Directory.CreateSymbolicLink(_folder["circle"], _folder.Path);

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().Inserted.ShouldBe(100);
        report.Failed.ShouldHaveSingleItem().File.ShouldBe("ETHUSD_1.csv");
    }

    [Fact]
    public async Task Symbols_choose_files_in_any_spelling()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1));
        CsvText.Write(_folder, "ETHUSD_1.csv", CsvText.Rows(0, 1));

        var report = await new BulkCsvImporter(_store, new() { Symbols = ["xxbtzusd"] }).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().Symbol.ShouldBe("BTC/USD");
        report.Skipped.ShouldHaveSingleItem().Reason.ShouldBe(SkipReason.SymbolNotChosen);
    }

    [Fact]
    public async Task An_unknown_symbol_is_refused_before_anything_is_read()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1));

        await Should.ThrowAsync<UnknownSymbolException>(() => new BulkCsvImporter(_store, new() { Symbols = ["BTC/UDS"] }).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation));

        (await _store.GetSymbolsAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pair_that_the_catalog_does_not_have_is_named_by_the_caller_and_remembered()
    {
        CsvText.Write(_folder, "FOOUSD_1.csv", CsvText.Rows(0, 1));
        CsvText.Write(_folder, "BITCOIN_1.csv", CsvText.Rows(0, 1));
        var map = new Dictionary<string, string>(StringComparer.Ordinal) { ["FOOUSD"] = "FOO/USD", ["BITCOIN"] = "XBT/USD" };

        var report = await new BulkCsvImporter(_store, new() { SymbolMap = map }).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);
        var again = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.Select(file => file.Symbol).ShouldBe(["BTC/USD", "FOO/USD"]);
        again.Files.ShouldHaveSingleItem().Symbol.ShouldBe("FOO/USD");
        (await _store.GetInstrumentsAsync(Cancellation)).ShouldHaveSingleItem().Symbol.ShouldBe("FOO/USD");
    }

    [Fact]
    public async Task Members_of_an_archive_are_matched_by_their_exact_name_in_any_folder()
    {
        Zip("archive.zip", ("master_q4/XBTUSD_1.csv", CsvText.Rows(0, 1)), ("master_q4/AAVEXBT_1.csv", CsvText.Rows(0, 1)), ("__MACOSX/._XBTUSD_1.csv", "junk"), ("readme.txt", "x"));

        var report = await new BulkCsvImporter(_store, new() { Symbols = ["BTC/USD"] }).ImportFileAsync(_folder["archive.zip"], cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().File.ShouldBe("archive.zip/master_q4/XBTUSD_1.csv");
        report.Skipped.ShouldHaveSingleItem().File.ShouldBe("archive.zip/master_q4/AAVEXBT_1.csv");
    }

    [Fact]
    public async Task Rejected_rows_of_a_member_are_listed_beside_its_archive()
    {
        Zip("Q1.zip", ("q/XBTUSD_1.csv", CsvText.Rows(0) + "x\n"));

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().RejectedFile.ShouldBe(_folder["Q1.zip.q_XBTUSD_1.csv.rejected.csv"]);
        File.Exists(_folder["Q1.zip.q_XBTUSD_1.csv.rejected.csv"]).ShouldBeTrue();
    }

    [Fact]
    public async Task Files_of_one_name_have_lists_of_their_own_in_a_shared_directory()
    {
        CsvText.Write(_folder, "in/q1/XBTUSD_1.csv", CsvText.Rows(0) + "x\n");
        CsvText.Write(_folder, "in/q2/XBTUSD_1.csv", CsvText.Rows(1) + "y\n");
        CsvText.Write(_folder, "in/q3/XBTUSD_1.csv", CsvText.Rows(2));
        Zip("in/q1/a.zip", ("m/XBTUSD_1.csv", CsvText.Rows(3) + "z\n"));

        var report = await new BulkCsvImporter(_store, new() { RejectedDirectory = _folder["out"], Parallelism = 1 }).ImportDirectoryAsync(_folder["in"], cancellationToken: Cancellation);

        report.Failed.ShouldBeEmpty();
        Lists(_folder["out"]).ShouldBe(["q1_XBTUSD_1.csv.rejected.csv", "q1_a.zip_m_XBTUSD_1.csv.rejected.csv", "q2_XBTUSD_1.csv.rejected.csv"]);
        report.Files.Where(file => file.Rejected > 0).All(file => File.ReadLines(file.RejectedFile!).Count() == 2).ShouldBeTrue();
    }

    [Fact]
    public void A_list_in_the_current_directory_is_not_removed_by_the_import_of_another_file()
    {
        var bad = CsvSource.OfFile(CsvText.Write(_folder, "XBTUSD_1.csv", "x\n"), "XBTUSD_1.csv");
        var clean = CsvSource.OfFile(CsvText.Write(_folder, "sub/XBTUSD_1.csv", CsvText.Rows(0)), "XBTUSD_1.csv");
        using (var list = RejectedRowsFile.Of(bad, directory: null, _folder.Path))
        {
            list.Restart();
            list.Append([Rejected]);
        }

        using var other = RejectedRowsFile.Of(clean, directory: null, _folder.Path);
        other.Restart();

        Lists(_folder.Path).ShouldBe(["XBTUSD_1.csv.rejected.csv"]);
    }

    [Fact]
    public void Where_a_list_cannot_be_written_beside_its_file_each_file_has_its_own_in_the_current_directory()
    {
        Directory.CreateDirectory(_folder["here"]);
        var paths = new List<string>();
        foreach (var folder in new[] { "q1", "q2" })
        {
            // Nobody can write a file of the name of a directory.
            Directory.CreateDirectory(_folder[$"{folder}/XBTUSD_1.csv.rejected.csv"]);
            using var list = List(folder);
            list.Restart();
            list.Append([Rejected]);
            paths.Add(list.Path!);
        }

        using (var again = List("q1"))
        {
            again.Continue(new FileInfo(paths[0]).Length).ShouldBeTrue();
            again.Path.ShouldBe(paths[0]);
        }

        using var repaired = List("q1");
        repaired.Restart();

        Lists(_folder["here"]).ShouldBe([Path.GetFileName(paths[1])]);
        ArchiveFileName.IsCsv(paths[1]).ShouldBeFalse();

        RejectedRowsFile List(string folder) =>
            RejectedRowsFile.Of(CsvSource.OfFile(CsvText.Write(_folder, $"{folder}/XBTUSD_1.csv", "x\n"), "XBTUSD_1.csv"), directory: null, _folder["here"]);
    }

    [Fact]
    public async Task Only_one_file_out_of_order_is_in_memory_at_a_time()
    {
        foreach (var pair in new[] { "XBTUSD", "ETHUSD", "SOLUSD" })
        {
            CsvText.Write(_folder, $"{pair}_1.csv", CsvText.Rows([.. Enumerable.Range(0, 20).Reverse()]));
        }

        CsvText.Write(_folder, "ADAUSD.csv", string.Concat(Enumerable.Range(0, 20).Select(row => $"{CsvText.Start - (row * 60)},1.0,1\n")));
        var store = new WatchedStore(_store);

        var report = await new BulkCsvImporter(store, new() { Parallelism = 4, BatchSize = 5 }).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.Select(file => file.Inserted).ShouldBe([20, 20, 20, 20]);
        store.AtOnceMax.ShouldBe(1);
    }

    [Fact]
    public async Task A_truncated_archive_is_named_and_does_not_stop_the_others()
    {
        Zip("good.zip", ("XBTUSD_1.csv", CsvText.Rows(0, 1)));
        Zip("bad.zip", ("ETHUSD_1.csv", CsvText.Rows(0, 1)));
        await using (var bad = File.OpenWrite(_folder["bad.zip"]))
        {
            bad.SetLength(bad.Length - 10);
        }

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().Symbol.ShouldBe("BTC/USD");
        var failed = report.Failed.ShouldHaveSingleItem();
        failed.File.ShouldBe("bad.zip");
        failed.Message.ShouldContain("bad.zip is not a whole ZIP archive");
        (await Should.ThrowAsync<ImportException>(() => new BulkCsvImporter(_store).ImportFileAsync(_folder["bad.zip"], cancellationToken: Cancellation)))
            .Message.ShouldContain("bad.zip");
    }

    [Fact]
    public async Task A_member_with_damaged_content_fails_alone()
    {
        Zip("archive.zip", ("XBTUSD_1.csv", CsvText.Rows([.. Enumerable.Range(0, 5000)])), ("ETHUSD_1.csv", CsvText.Rows(0, 1)));
        var bytes = await File.ReadAllBytesAsync(_folder["archive.zip"], Cancellation);
        bytes.AsSpan(2000, 3000).Fill(0xFF);
        await File.WriteAllBytesAsync(_folder["archive.zip"], bytes, Cancellation);

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().Symbol.ShouldBe("ETH/USD");
        report.Failed.ShouldHaveSingleItem().Message.ShouldContain("archive.zip/XBTUSD_1.csv");
    }

    [Fact]
    public async Task A_binary_file_is_refused_as_a_whole_and_the_others_are_imported()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", CsvText.Rows(0, 1));
        await File.WriteAllBytesAsync(_folder["ETHUSD_1.csv"], [.. Encoding.UTF8.GetBytes(CsvText.Rows(0, 1)), 0, 1, 2], Cancellation);

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Files.ShouldHaveSingleItem().Symbol.ShouldBe("BTC/USD");
        var failed = report.Failed.ShouldHaveSingleItem();
        failed.Message.ShouldContain("ETHUSD_1.csv is not a text file");
        File.Exists(_folder["ETHUSD_1.csv.rejected.csv"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_file_without_a_single_usable_row_fails_and_its_rows_are_listed()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", "a,b\nc,d\n");

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        var failed = report.Failed.ShouldHaveSingleItem();
        failed.Message.ShouldContain("None of the 2 rows of XBTUSD_1.csv is usable (line 1: expected 7 columns but found 2)");
        failed.RejectedFile.ShouldBe(_folder["XBTUSD_1.csv.rejected.csv"]);
        (await File.ReadAllLinesAsync(failed.RejectedFile!, Cancellation)).Length.ShouldBe(3);
        (await _store.GetSymbolsAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_file_has_no_rows_and_is_no_failure()
    {
        CsvText.Write(_folder, "XBTUSD_1.csv", "");
        CsvText.Write(_folder, "ETHUSD_1.csv", "timestamp,open,high,low,close,volume,trades\n");

        var report = await new BulkCsvImporter(_store).ImportDirectoryAsync(_folder.Path, cancellationToken: Cancellation);

        report.Failed.ShouldBeEmpty();
        report.Files.Select(file => file.Rows).ShouldBe([0, 0]);
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        var importer = new BulkCsvImporter(_store);
        Directory.CreateDirectory(_folder["empty"]);
        CsvText.Write(_folder, "file.txt", "x");

        (await Should.ThrowAsync<DirectoryNotFoundException>(() => importer.ImportDirectoryAsync(_folder["no"], cancellationToken: Cancellation))).Message.ShouldContain(_folder["no"]);
        (await Should.ThrowAsync<DirectoryNotFoundException>(() => importer.ImportDirectoryAsync(_folder["file.txt"], cancellationToken: Cancellation))).Message.ShouldContain("is a file");
        (await Should.ThrowAsync<ImportException>(() => importer.ImportDirectoryAsync(_folder["empty"], cancellationToken: Cancellation))).Message.ShouldContain("no CSV file");
        (await Should.ThrowAsync<FileNotFoundException>(() => importer.ImportFileAsync(_folder["no.csv"], cancellationToken: Cancellation))).Message.ShouldContain("no.csv");
        (await Should.ThrowAsync<FileNotFoundException>(() => importer.ImportFileAsync(_folder["no.zip"], cancellationToken: Cancellation))).Message.ShouldContain("no.zip");
    }

    [Fact]
    public async Task A_single_file_may_be_of_any_interval_and_be_named_by_the_caller()
    {
        var importer = new BulkCsvImporter(_store);
        var named = CsvText.Write(_folder, "XBTUSD_60.csv", CsvText.Rows(0, 60));
        var unnamed = CsvText.Write(_folder, "my candles.csv", CsvText.Rows(0, 5));
        var unknown = CsvText.Write(_folder, "FOOUSD_1.csv", CsvText.Rows(0, 1));

        (await importer.ImportCsvFileAsync(named, cancellationToken: Cancellation)).IntervalMinutes.ShouldBe(60);
        (await importer.ImportCsvFileAsync(unnamed, "XBTUSD", 5, Cancellation)).Symbol.ShouldBe("BTC/USD");
        (await Should.ThrowAsync<ImportException>(() => importer.ImportCsvFileAsync(unnamed, cancellationToken: Cancellation))).Message.ShouldContain("say which symbol");
        (await Should.ThrowAsync<ImportException>(() => importer.ImportCsvFileAsync(unnamed, "XBTUSD", cancellationToken: Cancellation))).Message.ShouldContain("give the interval");
        await Should.ThrowAsync<UnknownSymbolException>(() => importer.ImportCsvFileAsync(unknown, cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Progress_grows_up_to_the_whole()
    {
        for (var index = 0; index < 3; index++)
        {
            CsvText.Write(_folder, $"{index}/XBTUSD_1.csv", CsvText.Rows([.. Enumerable.Range(index * 100, 100)]));
        }

        CsvText.Write(_folder, "ETHUSD_1.csv", "bad\n");
        var seen = new List<ImportProgress>();

        await new BulkCsvImporter(_store, new() { BatchSize = 30 }).ImportDirectoryAsync(_folder.Path, new Collected(seen), Cancellation);

        seen.Select(progress => progress.BytesDone).ShouldBeInOrder();
        seen.Select(progress => progress.Rows).ShouldBeInOrder();
        seen[^1].BytesDone.ShouldBe(seen[^1].BytesTotal);
        seen[^1].ShouldBe(new ImportProgress(seen[^1].BytesTotal, seen[^1].BytesTotal, 301, 4, 4));
    }

    [Fact]
    public async Task Files_in_any_order_give_the_same_store()
    {
        CsvText.Write(_folder, "a/XBTUSD_1.csv", CsvText.Rows(0, 1, 2, 3, 4));
        CsvText.Write(_folder, "b/XBTUSD_1.csv", string.Concat(Enumerable.Range(3, 5).Select(minute => CsvText.Row(minute, trades: (minute * 2).ToString(null, null)) + "\n")));
        CsvText.Write(_folder, "c/XBTUSD_1.csv", CsvText.Rows(9, 10));
        var dumps = new List<string>();

        foreach (var order in new[] { "abc", "acb", "bac", "bca", "cab", "cba" })
        {
            await using var store = new InMemoryMarketStore();
            foreach (var name in order)
            {
                await new BulkCsvImporter(store).ImportDirectoryAsync(_folder[name.ToString()], cancellationToken: Cancellation);
            }

            dumps.Add(await CsvText.DumpAsync(store, Cancellation));
        }

        dumps.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    private static RejectedRow Rejected { get; } = new(Line: 1, "no row", "x"u8.ToArray(), Time: null, Index: 0);

    private static IEnumerable<string?> Lists(string directory) => Directory.GetFiles(directory, "*.rejected.csv").Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private void Zip(string name, params (string Member, string Text)[] members)
    {
        using var archive = ZipFile.Open(_folder[name], ZipArchiveMode.Create);
        foreach (var (member, text) in members)
        {
            using var stream = archive.CreateEntry(member).Open();
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
    }

    private sealed class Collected(List<ImportProgress> seen) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => seen.Add(value);
    }
}
