using System.Diagnostics;

namespace KrakenDb.Benchmarks;

/// <summary>Measures KrakenDb, each job beside its ceiling in the same run, and keeps the table with machine, versions and command.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        BenchmarkOptions options;
        try
        {
            options = BenchmarkOptions.Parse(arguments);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}{Environment.NewLine}{BenchmarkOptions.Usage}");
            return 2;
        }

        var report = new Report(options, arguments, TimeProvider.System);
        Directory.CreateDirectory(options.Directory);
        foreach (var job in options.Jobs)
        {
            var started = Stopwatch.GetTimestamp();
            await Console.Error.WriteLineAsync($"== {job}");
            report.MeasureNoise();
            await RunAsync(job, options, report);
            report.MeasureNoise();
            await Console.Error.WriteLineAsync($"== {job} done in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        }

        Console.Write(report.Table());
        if (options.IsDry)
        {
            Directory.Delete(options.Directory, recursive: true);
            return 0;
        }

        await Console.Error.WriteLineAsync($"written: {report.Save()}");
        return 0;
    }

    private static Task RunAsync(string job, BenchmarkOptions options, Report report) => job switch
    {
        "frames" => new FrameBenchmark(options, report).RunAsync(),
        "import" => new ImportBenchmark(options, report).RunAsync(),
        "live" => new LiveBenchmark(options, report).RunAsync(),
        "queries" => new QueryBenchmark(options, report).RunAsync(),
        BenchmarkOptions.ServerJob => new ServerBenchmark(options, report).RunAsync(),
        "http" => new HttpBenchmark(options, report).RunAsync(),
        "replay" => new ReplayBenchmark(options, report).RunAsync(),
        _ => new UpsertBenchmark(options, report).RunAsync(),
    };
}
