namespace KrakenDb.Benchmarks;

/// <summary>What to measure, on how many rows, and where the files lie.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage =
        """
        dotnet run -c Release --project bench/KrakenDb.Benchmarks -- [JOB ...] [--rows N ...] [--dir DIR] [--dry]
          JOB     frames, import, live, queries, replay, http, upserts, or all (default); server: on the server that KRAKENDB_BENCH_URL names
          --rows  rows of the generated 1-minute file; may be repeated (default for import: 1000000 and 10000000, for the rest: 10000000)
          --dir   folder for the generated files and stores (default: artifacts/bench); what is generated is kept for the next run
          --dry   every job on 20,000 rows in a few seconds, nothing judged, nothing kept
        """;

    public const string ServerJob = "server";

    private const long DryRows = 20_000;
    private static readonly string[] AllJobs = ["frames", "import", "live", "queries", "replay", "http", "upserts"];

    public required IReadOnlyList<string> Jobs { get; init; }

    /// <summary>Empty: each job's own.</summary>
    public required IReadOnlyList<long> Rows { get; init; }

    public required string Directory { get; init; }

    public required bool IsDry { get; init; }

    public bool IsComplete => Jobs.Count == AllJobs.Length && Rows.Count == 0 && !IsDry;

    public IReadOnlyList<long> ImportRows => Rows.Count > 0 ? Rows : [1_000_000, 10_000_000];

    /// <summary>Of the one store that is queried and replayed.</summary>
    public long StoreRows => Rows.Count > 0 ? Rows.Max() : 10_000_000;

    /// <exception cref="FormatException">The arguments are not understood; the message says which.</exception>
    public static BenchmarkOptions Parse(string[] arguments)
    {
        var jobs = new List<string>();
        var rows = new List<long>();
        string? directory = null;
        var isDry = false;
        for (var index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--dry":
                    isDry = true;
                    break;
                case "--rows" when index + 1 < arguments.Length && long.TryParse(arguments[index + 1].Replace("_", "", StringComparison.Ordinal), out var count) && count is >= 1_000 and <= 50_000_000:
                    rows.Add(count);
                    index++;
                    break;
                case "--dir" when index + 1 < arguments.Length:
                    directory = Path.GetFullPath(arguments[++index]);
                    break;
                case "all":
                    jobs.AddRange(AllJobs);
                    break;
                case var job when AllJobs.Contains(job) || job == ServerJob:
                    jobs.Add(job);
                    break;
                default:
                    throw new FormatException($"'{string.Join(' ', arguments[index..])}' is not understood.");
            }
        }

        return new BenchmarkOptions
        {
            Jobs = jobs.Count == 0 ? AllJobs : [.. jobs.Distinct()],
            Rows = isDry ? [DryRows] : rows,
            Directory = directory ?? (isDry ? Path.Combine(Path.GetTempPath(), $"krakendb-bench-{Environment.ProcessId}") : Path.Combine(Machine.RepositoryRoot, "artifacts", "bench")),
            IsDry = isDry,
        };
    }
}
