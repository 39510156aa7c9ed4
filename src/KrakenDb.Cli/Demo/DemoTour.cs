namespace KrakenDb.Cli;

/// <summary>What <c>kraken-db demo</c> shows, step by step.</summary>
internal sealed class DemoTour(CommandContext context, string folder)
{
    private const string Symbol = "BTC/USD";

    private readonly DemoData _data = new(context, folder);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = MarketStoreOptions.Default with { TimeProvider = context.TimeProvider };
        Directory.CreateDirectory(folder);
        if (_data.IsThere)
        {
            Say($"The demo's data are there already, in {folder}; delete it to start over.");
        }
        else
        {
            await WriteFilesAsync(cancellationToken).ConfigureAwait(false);
        }

        var store = await MarketStore.OpenAsync(_data.StorePath, options, cancellationToken).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            if (!_data.IsThere)
            {
                await ImportAsync(store, cancellationToken).ConfigureAwait(false);
            }

            await ShowAsync(new HistoricalDataProvider(store, context.TimeProvider), cancellationToken).ConfigureAwait(false);
        }

        Title("Your turn");
        foreach (var command in Commands())
        {
            Print($"  {command}");
        }
    }

    private async Task WriteFilesAsync(CancellationToken cancellationToken)
    {
        Title("A year of 1-minute history, made from a seed, as Kraken's CSV files");
        var started = context.TimeProvider.GetTimestamp();
        var rows = await _data.WriteFilesAsync(cancellationToken).ConfigureAwait(false);
        Say(rows > 0
            ? $"Wrote {Readable.Count(rows, "row")} to {_data.CsvFolder} in {Readable.Duration(context.TimeProvider.GetElapsedTime(started))}."
            : $"The files are in {_data.CsvFolder} from an earlier run.");
    }

    private async Task ImportAsync(IMarketStore store, CancellationToken cancellationToken)
    {
        Title($"kraken-db import --dir {Quoted(_data.CsvFolder)}");
        var source = new ImportSource(_data.CsvFolder, IsDirectory: true);
        var report = await ImportCommand.RunAsync(context, store, source, new BulkCsvImporterOptions { TimeProvider = context.TimeProvider }, cancellationToken).ConfigureAwait(false);
        new ImportSummary(context, report).Print(OutputFormat.Table);
        _data.Finish();
    }

    private async Task ShowAsync(HistoricalDataProvider provider, CancellationToken cancellationToken)
    {
        Title("kraken-db status");
        StatusCommand.PrintTable(context, await StatusCommand.ReadAsync(provider, symbol: null, cancellationToken).ConfigureAwait(false), gapsShown: 1);

        Title($"kraken-db chart {Symbol} --interval 1d");
        await ChartCommand.PrintAsync(context, provider, Symbol, Interval.Day, count: null, asOf: null, height: 13, cancellationToken).ConfigureAwait(false);

        var asOf = DemoData.End.AddDays(-100).AddHours(14.5);
        Title($"kraken-db multi {Symbol} --as-of {asOf:yyyy-MM-dd'T'HH:mm'Z'} --intervals 1m 15m 4h 1d --lookback 2");
        var timeframes = await provider.GetMultiTimeframeCandlesAsync(Symbol, asOf, [1, 15, 240, 1440], lookbackCandles: 2, query: null, cancellationToken).ConfigureAwait(false);
        await MultiCommand.PrintAsync(context, OutputFormat.Table, timeframes).ConfigureAwait(false);
        Say("Every candle above had closed by then: nothing from the future gets in.");
    }

    private IEnumerable<string> Commands()
    {
        var url = $"--db-url {Quoted(_data.StorePath)}";
        yield return $"{ProgramName.ToType()} candles {Symbol} --interval 4h --start 2024-06-01 --end 2024-06-08 {url}";
        yield return $"{ProgramName.ToType()} replay BTC/USD ETH/USD --interval 1m --start 2024-06-01 --end 2024-06-02 --speed 600 {url}";
        yield return $"{ProgramName.ToType()} export ETH/USD --interval 1m --to eth.parquet {url}";
    }

    private static string Quoted(string path) => path.Contains(' ', StringComparison.Ordinal) ? $"\"{path}\"" : path;

    private void Title(string text) => Print($"\n{TextTable.Paint(context, text, Style.Heading)}");

    private void Say(string text) => Print(TextTable.Paint(context, text, Style.Quiet));

    // All on one stream: what is shown stays in order when it goes into a file.
    private void Print(string text)
    {
        var output = new Utf8Output(context.Output);
        output.Text(text);
        output.Byte((byte)'\n');
        output.Flush();
    }
}
