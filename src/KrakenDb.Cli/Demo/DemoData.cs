using KrakenDb.Simulator;

namespace KrakenDb.Cli;

/// <summary>The demo's files: a seeded year of two markets in Kraken's layout, and a store of its own beside them.</summary>
internal sealed class DemoData(CommandContext context, string folder)
{
    public const int Minutes = 366 * 1440;

    // Names the seeds too: another market is made when they change.
    private const string DoneMark = "demo-1.done";

    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(3);

    public static IReadOnlyList<MarketSpec> Markets { get; } = [MarketSpec.BitcoinUsd, MarketSpec.EtherUsd];

    /// <summary><c>demo</c> beside the default store.</summary>
    public static string DefaultFolder => Path.Combine(Path.GetDirectoryName(StoreLocation.DefaultFilePath)!, "demo");

    public string CsvFolder => Path.Combine(folder, "kraken_csv");

    public string StorePath => Path.Combine(folder, "demo.duckdb");

    /// <summary>When the data end: the demo asks as of then.</summary>
    public static DateTimeOffset End => Markets[0].Start.AddMinutes(Minutes);

    /// <summary>Whether an earlier run finished.</summary>
    public bool IsThere => File.Exists(Path.Combine(folder, DoneMark)) && File.Exists(StorePath);

    /// <summary>Writes the CSV files that are not there. A file under its name is whole: it is written under another one first.</summary>
    /// <returns>Rows written.</returns>
    public async Task<long> WriteFilesAsync(CancellationToken cancellationToken)
    {
        long rows = 0;
        foreach (var market in Markets)
        {
            var file = new CandleFile(market, MinuteSpan.First(Minutes));
            if (!File.Exists(Path.Combine(CsvFolder, file.FileName)))
            {
                rows += await file.WriteToDirectoryAsync(CsvFolder, new Lines(context, file.FileName), cancellationToken).ConfigureAwait(false);
            }
        }

        return rows;
    }

    /// <summary>Call after the import: from now on the demo only shows.</summary>
    public void Finish() => File.WriteAllText(Path.Combine(folder, DoneMark), "");

    private sealed class Lines(CommandContext context, string name) : IProgress<long>
    {
        private long _last = context.TimeProvider.GetTimestamp();

        public void Report(long value)
        {
            if (context.TimeProvider.GetElapsedTime(_last) >= BetweenLines)
            {
                _last = context.TimeProvider.GetTimestamp();
                context.Note($"  {name}: {Readable.Count(value, "row")}");
            }
        }
    }
}
