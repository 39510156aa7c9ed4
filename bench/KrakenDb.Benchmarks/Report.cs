using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using KrakenDb.DuckDb.Native;

namespace KrakenDb.Benchmarks;

/// <summary>The table of a run, printed and kept.</summary>
internal sealed class Report(BenchmarkOptions options, string[] arguments, TimeProvider timeProvider)
{
    private readonly List<Result> _results = [];
    private readonly Dictionary<string, string> _ceilings = [];
    private readonly List<double> _shares = [];

    /// <summary>Name and version of the server; null where none was measured.</summary>
    public string? Server { get; set; }

    public void Add(Result result)
    {
        _results.Add(result);
        Console.Error.WriteLine($"   {result.Job}: {Result.Number(result.Value)} {result.Unit}"
            + (result.Ceiling is { } ceiling ? $", ceiling {Result.Number(ceiling)}, {result.Reached:P0} of it" : "")
            + (result.Note.Length > 0 ? $" ({result.Note})" : ""));
    }

    /// <summary>The code of a ceiling, named as in <see cref="Result.CeilingName"/>.</summary>
    public void AddCeiling(string name, string code) => _ceilings[name] = code;

    public void MeasureNoise() => _shares.Add(Machine.AvailableShare());

    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine("| job | measured | unit | target | ceiling | reached | | note |");
        text.AppendLine("|---|---:|---|---:|---:|---:|---|---|");
        foreach (var result in _results)
        {
            var verdict = options.IsDry ? "" : result.Passes switch { true => "pass", false => "**miss**", null => "" };
            text.AppendLine($"| {result.Job} | {Result.Number(result.Value)} | {result.Unit} | {result.TargetText} | "
                + (result.Ceiling is { } ceiling ? $"{Result.Number(ceiling)} ({result.CeilingName}) | {result.Reached * 100:0} %" : " | ")
                + $" | {verdict} | {result.Note} |");
        }

        return text.ToString();
    }

    /// <summary>Writes the report and returns its path: one per machine and day, with the jobs in the name when not all were run.</summary>
    public string Save()
    {
        var now = timeProvider.GetUtcNow();
        var parts = options.IsComplete ? "" : "-" + string.Join('-', options.Jobs.Concat(options.Rows.Select(rows => $"{rows}")));
        var path = Path.Combine(Machine.RepositoryRoot, "bench", "results", Machine.CpuSlug, $"{now:yyyy-MM-dd}{parts}.md");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Page(now));
        return path;
    }

    private string Page(DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.AppendLine($"# Benchmarks of {now:yyyy-MM-dd} on {Machine.CpuName}");
        text.AppendLine();
        text.AppendLine($"* Machine: {Machine.Description}");
        text.AppendLine($"* Versions: KrakenDb {typeof(Candle).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, {RuntimeInformation.FrameworkDescription}, DuckDB {DuckDbLibrary.Version}{(Server is null ? "" : $", server: {Server}")}");
        text.AppendLine($"* Command: `dotnet run -c Release --project bench/KrakenDb.Benchmarks -- {string.Join(' ', arguments)}`");
        text.AppendLine($"* DuckDB: {Stores.Options.Threads} threads, memory limit {Stores.Options.MemoryLimitMegabytes} MiB, the same for KrakenDb and for the ceilings; files in the system's cache");
        text.AppendLine($"* Share of the machine's cores that this process could get, measured before and after each job: {string.Join(", ", _shares.Select(share => share.ToString("0.00")))}. 1.00 is a quiet machine; below about 0.9 read only the column \"reached\".");
        text.AppendLine();
        text.AppendLine("*reached* is the distance to the ceiling: 100 % is as fast as the layer below with the same work in the same run.");
        text.AppendLine();
        text.Append(Table());
        text.AppendLine();
        text.AppendLine("## The ceilings");
        foreach (var (name, code) in _ceilings)
        {
            text.AppendLine();
            text.AppendLine($"### {name}");
            text.AppendLine();
            text.AppendLine("```sql");
            text.AppendLine(code.Trim());
            text.AppendLine("```");
        }

        return text.ToString();
    }
}
