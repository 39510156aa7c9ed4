using System.Globalization;
using Xunit;

namespace KrakenDb.Scenarios;

/// <summary>
/// How large scenarios are: KRAKENDB_SCENARIO_SCALE, a fraction such as <c>1/5</c> or a whole number. 1/50 where it is not set, 1/5 in .ci/run, 1 by hand.
/// </summary>
internal static class ScenarioScale
{
    private const string Variable = "KRAKENDB_SCENARIO_SCALE";
    private const string Default = "1/50";

    private static readonly (long Numerator, long Denominator) Value = Parse(Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : Default);

    /// <summary>So much of what the scenario has in full, at least <paramref name="least"/>.</summary>
    public static int Of(int full, int least = 1) => (int)Math.Max(least, full * Value.Numerator / Value.Denominator);

    /// <summary>The random numbers of a scenario; prints their seed and the scale. KRAKENDB_SCENARIO_SEED repeats a run.</summary>
    public static Random Start(string scenario)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("KRAKENDB_SCENARIO_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        Tell($"{scenario}: {Variable}={Value.Numerator}/{Value.Denominator} KRAKENDB_SCENARIO_SEED={seed}");
        return new Random(seed);
    }

    /// <summary>A line of the scenario's story: in the test's output, shown when it fails or is asked for.</summary>
    public static void Tell(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    internal static (long Numerator, long Denominator) Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length <= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var numerator) && numerator > 0
            && int.TryParse(parts.Length == 2 ? parts[1] : "1", NumberStyles.None, CultureInfo.InvariantCulture, out var denominator) && denominator > 0
            ? (numerator, denominator)
            : throw new FormatException($"{Variable} is '{text}'. Give a fraction such as 1/50, or 1.");
    }
}
