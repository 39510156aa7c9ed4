namespace KrakenDb.Benchmarks;

/// <summary>One measured figure beside its target and its ceiling.</summary>
/// <param name="Job">What was done.</param>
/// <param name="Value">In <paramref name="Unit"/>; medians of several runs, or a percentile that the unit names.</param>
/// <param name="Unit">Figures in <c>…/s</c> are better the larger, all others the smaller.</param>
internal sealed record Result(string Job, double Value, string Unit)
{
    /// <summary>In the same unit; null where there is none.</summary>
    public double? Target { get; init; }

    /// <summary>What the layer below does with the same work, in the same unit.</summary>
    public double? Ceiling { get; init; }

    /// <summary>The heading of the ceiling's code in the report, or what it is.</summary>
    public string CeilingName { get; init; } = "";

    public string Note { get; init; } = "";

    /// <summary>1: as fast as the ceiling.</summary>
    public double? Reached => Ceiling is { } ceiling ? (IsLargerBetter ? Value / ceiling : ceiling / Value) : null;

    public bool? Passes => Target is { } target ? (IsLargerBetter ? Value >= target : Value <= target) : null;

    public string TargetText => Target is { } target ? $"{(IsLargerBetter ? "≥" : "≤")} {Number(target)}" : "";

    private bool IsLargerBetter => Unit.EndsWith("/s", StringComparison.Ordinal) || Unit == "% of the ceiling";

    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0"),
        >= 20 => value.ToString("0"),
        _ => value.ToString("0.##"),
    };
}
