using System.Globalization;
using System.Text;
using KrakenDb.Cli;
using KrakenDb.Simulator;
using KrakenDb.Tests.Packages;
using Xunit;

namespace KrakenDb.Tests.Docs;

/// <summary>A user's folder after the download: some weeks of the demo's markets under the names that the pages use. The program runs in it as a process of its own.</summary>
public sealed class UserFolder : IAsyncLifetime
{
    // Around the days that the pages ask for.
    private static readonly MinuteSpan Weeks = new(Skip: 145 * 1440, Minutes: 20 * 1440);

    private readonly TemporaryFolder _folder = new();
    private SimulatedExchange? _exchange;

    public string Store => _folder["home/kraken.duckdb"];

    public async ValueTask InitializeAsync()
    {
        // An exchange of a few hours' history: what the pages fetch from it is there in a moment.
        _exchange = await SimulatedExchange.StartAsync(new SimulatedExchangeOptions { TimeProvider = new ManualClock(new DateTimeOffset(2024, 1, 1, 3, 0, 20, TimeSpan.Zero)) }, CancellationToken.None);
        await File.WriteAllTextAsync(_folder["fear_greed.csv"], "timestamp,value\n2024-01-01,65\n2024-01-02,71\n");
        KrakenCsvFile[] files = [new CandleFile(MarketSpec.BitcoinUsd, Weeks), new CandleFile(MarketSpec.EtherUsd, Weeks)];
        foreach (var file in files)
        {
            await file.WriteToDirectoryAsync(_folder["Downloads/Kraken_OHLCVT"], null, CancellationToken.None);
        }

        await new CandleFile(MarketSpec.EtherUsd with { CsvName = "FOOUSD" }, MinuteSpan.First(60)).WriteToDirectoryAsync(_folder["old"], null, CancellationToken.None);
        await File.WriteAllTextAsync(_folder["recording.cbcap"], Recording());
        await KrakenArchive.WriteAsync(_folder["Kraken_OHLCVT.zip"], files, "", null, CancellationToken.None);
        File.Copy(_folder["Kraken_OHLCVT.zip"], _folder["Downloads/Kraken_OHLCVT.zip"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _exchange!.DisposeAsync();
        _folder.Dispose();
    }

    // A second of an order book with one price a side.
    private static string Recording()
    {
        var text = new StringBuilder("CBCAP1 kraken BTC/USD 1785552839500000000\n");
        for (var index = 0; index < 20; index++)
        {
            var time = new DateTimeOffset(2026, 8, 1, 2, 53, 59, 500, TimeSpan.Zero).AddMilliseconds(50 * index);
            var checksum = Crc32.Of(Encoding.ASCII.GetBytes($"630001{10_000_000 + index}6299991200000000"));
            var ask = $$"""{"price":63000.1,"qty":0.{{10_000_000 + index}}}""";
            var (type, bids) = index == 0 ? ("snapshot", """{"price":62999.9,"qty":12.00000000}""") : ("update", "");
            var frame = $$"""{"channel":"book","type":"{{type}}","data":[{"symbol":"BTC/USD","bids":[{{bids}}],"asks":[{{ask}}],"checksum":{{checksum}},"timestamp":"{{time:yyyy-MM-ddTHH:mm:ss.ffffffZ}}"}]}""";
            text.Append(CultureInfo.InvariantCulture, $"{time.ToUnixTimeMilliseconds()}000000 {frame.Length}\n{frame}\n");
        }

        return text.ToString();
    }

    internal Task<ChildProcess> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken) => ChildProcess.RunAsync(
        ChildProcess.Dotnet,
        [typeof(KrakenDbProgram).Assembly.Location, .. arguments.Select(argument => argument.StartsWith("~/", StringComparison.Ordinal) ? _folder[argument[2..]] : argument)],
        _folder.Path,
        new Dictionary<string, string?> { ["KRAKENDB_HOME"] = _folder["home"], ["DATABASE_URL"] = null, ["KRAKEN_API_URL"] = _exchange!.BaseAddress.AbsoluteUri, ["KRAKEN_API_RATE"] = "1000" },
        cancellationToken);
}
