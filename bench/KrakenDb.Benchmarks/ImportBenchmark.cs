using System.Diagnostics;

namespace KrakenDb.Benchmarks;

/// <summary>
/// An import to committed rows and coverage and a closed file (the final checkpoint is in the time), beside its ceilings: reading the file,
/// parsing it, and DuckDB's own CSV reader into the same table of a fresh file with the same options.
/// </summary>
internal sealed class ImportBenchmark(BenchmarkOptions options, Report report)
{
    // The table has volumes as DECIMAL(28,10). Text may be parsed into that, or into a shorter decimal that is then widened: DuckDB's speed differs by
    // machine and data, so both are measured and the faster one is the ceiling.
    private const string NarrowCeiling = "read_csv, volume as DECIMAL(18,10)";
    private const string WideCeiling = "read_csv, volume as DECIMAL(28,10)";

    private const double Megabyte = 1e6;

    public async Task RunAsync()
    {
        report.AddCeiling(NarrowCeiling, LoadSql("XBTUSD_1.csv", 18));
        report.AddCeiling(WideCeiling, LoadSql("XBTUSD_1.csv", 28));
        foreach (var rows in options.ImportRows)
        {
            await RunAsync(rows);
        }
    }

    private async Task RunAsync(long rows)
    {
        var file = await Stores.GenerateAsync(options.Directory, Stores.Market, rows);
        var size = new FileInfo(file).Length;
        var (reads, parses, narrow, wide, ours) = (new Samples(), new Samples(), new Samples(), new Samples(), new Samples());
        var path = "";
        long peak = 0;
        var cpu = TimeSpan.Zero;
        if (!options.IsDry)
        {
            // A short file first: the first import compiles.
            await ParseAsync(await Stores.GenerateAsync(options.Directory, Stores.Market, 100_000));
        }

        for (var run = 0; run < (options.IsDry ? 1 : 3); run++)
        {
            reads.Add(() => Read(file));
            await parses.AddAsync(() => ParseAsync(file));
            path = Stores.Fresh(options.Directory, $"import-{rows}");
            Machine.ResetPeakMemory();
            var cpuBefore = Environment.CpuUsage.TotalTime;
            await ours.AddAsync(() => ImportAsync(path, file, rows, 0));
            cpu = Environment.CpuUsage.TotalTime - cpuBefore;
            peak = Math.Max(peak, Machine.PeakMemory());
            narrow.Add(() => Load(file, 18));
            wide.Add(() => Load(file, 28));
        }

        var isNarrowFaster = narrow.Median < wide.Median;
        var ceiling = PerSecond(rows, isNarrowFaster ? narrow : wide);
        report.Add(new Result($"import of {rows:N0} rows", PerSecond(rows, ours), "rows/s")
        {
            Target = 1_000_000,
            Ceiling = ceiling,
            CeilingName = isNarrowFaster ? NarrowCeiling : WideCeiling,
            Note = $"{cpu.TotalNanoseconds / rows:0} ns of processor time per row, all threads; the other ceiling: {PerSecond(rows, isNarrowFaster ? wide : narrow):N0}",
        });
        report.Add(new Result($"import of {rows:N0} rows, part of DuckDB's own load", PerSecond(rows, ours) / ceiling * 100, "% of the ceiling") { Target = 50 });
        report.Add(new Result($"import of {rows:N0} rows: peak memory of the process", peak / Megabyte, "MB") { Target = 1000 });
        report.Add(new Result($"import of {rows:N0} rows: size on disk", (double)new FileInfo(path).Length / rows, "bytes per candle")
        {
            Target = 30,
            Note = $"{Stores.Market.Symbol}: prices of five digits before the point move by 41 bits",
        });
        report.Add(new Result($"read, parse and check {rows:N0} rows", PerSecond(rows, parses), "rows/s")
        {
            Ceiling = PerSecond(rows, reads),
            CeilingName = "sequential read",
            Note = $"the file: {size / Megabyte:N0} MB, read at {size / Megabyte / reads.Median * 1000:N0} MB/s",
        });

        var again = new Samples();
        await again.AddAsync(() => ImportAsync(path, file, 0, rows));
        report.Add(new Result($"import of the same {rows:N0} rows again, all unchanged", PerSecond(rows, again), "rows/s") { Ceiling = PerSecond(rows, ours), CeilingName = "the first import" });
        await ImportTwoAsync(rows, PerSecond(rows, ours));
    }

    private async Task ImportTwoAsync(long rows, double single)
    {
        var folder = Path.GetDirectoryName(await Stores.GenerateAsync(Path.Combine(options.Directory, "two"), Stores.Market, rows / 2))!;
        await Stores.GenerateAsync(Path.Combine(options.Directory, "two"), Stores.SecondMarket, rows / 2);
        var path = Stores.Fresh(options.Directory, $"import-two-{rows}");
        Machine.ResetPeakMemory();
        var samples = new Samples();
        await samples.AddAsync(async () =>
        {
            await using var store = await MarketStore.OpenAsync(path);
            var imported = await new BulkCsvImporter(store).ImportDirectoryAsync(folder);
            Check(imported.Files.Sum(file => file.Inserted) == rows / 2 * 2);
        });
        report.Add(new Result($"import of two files of {rows / 2:N0} rows at once", PerSecond(rows, samples), "rows/s")
        {
            Ceiling = single,
            CeilingName = "one file of as many rows",
            Note = $"peak memory {Machine.PeakMemory() / Megabyte:N0} MB",
        });
        report.Add(new Result("the two files: size on disk", (double)new FileInfo(path).Length / rows, "bytes per candle")
        {
            Target = 30,
            Note = $"{Stores.Market.Symbol} and {Stores.SecondMarket.Symbol}",
        });
    }

    private static async Task ImportAsync(string path, string file, long inserted, long unchanged)
    {
        await using var store = await MarketStore.OpenAsync(path);
        var imported = await new BulkCsvImporter(store).ImportCsvFileAsync(file);
        Check(imported.Inserted == inserted && imported.Unchanged == unchanged && imported.Rejected == 0);
    }

    private static async Task ParseAsync(string file)
    {
        await using var store = new DiscardingStore();
        await new BulkCsvImporter(store).ImportCsvFileAsync(file);
    }

    private static void Read(string file)
    {
        using var handle = File.OpenHandle(file, options: FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        for (long at = 0; RandomAccess.Read(handle, buffer, at) is var read and > 0; at += read)
        {
        }
    }

    private void Load(string file, int volumeDigits)
    {
        using var binding = Binding.Open(Stores.Fresh(options.Directory, "import-ceiling"));
        binding.Session.Connection.Execute(LoadSql(file, volumeDigits));
    }

    private static string LoadSql(string file, int volumeDigits) =>
        $$"""
        INSERT INTO candles
        SELECT '{{Stores.Market.Symbol}}', 1, make_timestamp(timestamp * 1000000), open, high, low, close, volume, NULL, trades, NULL, {{(int)CandleSource.OhlcvtCsv}}
        FROM read_csv('{{file}}', auto_detect = false, header = false, delim = ',', columns = {
            'timestamp': 'BIGINT', 'open': 'DECIMAL(18,10)', 'high': 'DECIMAL(18,10)', 'low': 'DECIMAL(18,10)', 'close': 'DECIMAL(18,10)',
            'volume': 'DECIMAL({{volumeDigits}},10)', 'trades': 'BIGINT'})
        """;

    private static double PerSecond(long rows, Samples samples) => rows / samples.Median * 1000;

    private static void Check(bool holds)
    {
        if (!holds)
        {
            throw new UnreachableException("The import did not do what was measured.");
        }
    }
}
