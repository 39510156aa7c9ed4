namespace KrakenDb.Benchmarks;

internal sealed class ImportBenchmark(BenchmarkOptions options, Report report)
{
    public Task RunAsync()
    {
        _ = options;
        _ = report;
        return Task.CompletedTask;
    }
}
