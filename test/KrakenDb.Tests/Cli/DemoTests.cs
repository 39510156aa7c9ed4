using System.Text;
using KrakenDb.Cli;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Cli;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_shows_all_it_promises_and_its_commands_work_and_the_second_run_only_shows()
    {
        using var folder = new TemporaryFolder();

        var first = await RunAsync(folder.Path);
        var second = await RunAsync(folder.Path);

        first.ShouldContain("kraken-db status");
        first.ShouldContain("BTC/USD 1d  ");
        first.ShouldContain("523,796");
        first.ShouldContain("BTC/USD  15m       2024-");
        second.ShouldContain("are there already");
        second.ShouldNotContain("kraken-db import");
        var commands = second.Split('\n').Where(line => line.StartsWith("  kraken-db ", StringComparison.Ordinal)).ToList();
        commands.Count.ShouldBe(3);
        var candles = await ProgramRun.OnAsync(store: null, clock: null, commands[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]);
        candles.ExitCode.ShouldBe(0);
        candles.Lines.Length.ShouldBe(43);
    }

    [Fact]
    public async Task A_demo_that_was_broken_off_is_finished_by_the_next_run()
    {
        using var folder = new TemporaryFolder();
        var data = new DemoData(Context(new MemoryStream()), folder.Path);
        await data.WriteFilesAsync(CancellationToken.None);
        File.Delete(Path.Combine(data.CsvFolder, "ETHUSD_1.csv"));
        await File.WriteAllTextAsync(Path.Combine(data.CsvFolder, "ETHUSD_1.csv.partial"), "1704067200,1,1");
        await ProgramRun.OnAsync(store: null, clock: null, "import", "--dir", data.CsvFolder, "--db-url", data.StorePath);

        var run = await RunAsync(folder.Path);

        run.ShouldContain("523,796");
        run.ShouldContain("516,245");
        data.IsThere.ShouldBeTrue();
    }

    private static async Task<string> RunAsync(string folder)
    {
        using var output = new MemoryStream();
        await new DemoTour(Context(output), folder).RunAsync(CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static CommandContext Context(Stream output) => new(output, TextWriter.Null);
}
