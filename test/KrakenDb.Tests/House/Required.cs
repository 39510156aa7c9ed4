using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace KrakenDb.Tests.House;

/// <summary>
/// A part that not every machine has: its absence skips the test with the sentence how to get it, and fails it where the
/// environment variable KRAKENDB_REQUIRE (a comma-separated list, set by .ci/run) names the part.
/// </summary>
internal static class Required
{
    /// <summary>The folder with the real data of Kraken; skips or fails (part <c>data</c>) where it is missing.</summary>
    public static string SharedData()
    {
        string folder = Repository.PathOf("../shared/data");
        Part("data", Directory.Exists(folder), $"Real data is missing: put it into {folder}.");
        return folder;
    }

    /// <summary>Skips where the compiler was told not to optimise: such code allocates where the program does not.</summary>
    public static void OptimisedCode() => Part(
        "release",
        typeof(Candle).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true },
        "This is a Debug build: dotnet test -c Release.");

    /// <summary>Skips or fails the running test unless the part is there.</summary>
    /// <param name="name">As written in KRAKENDB_REQUIRE.</param>
    /// <param name="isThere">Whether the part was found.</param>
    /// <param name="howToGet">A sentence for whoever reads the skipped test.</param>
    public static void Part(string name, bool isThere, string howToGet)
    {
        if (isThere)
            return;

        string[] required = (Environment.GetEnvironmentVariable("KRAKENDB_REQUIRE") ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (required.Contains(name, StringComparer.Ordinal))
            Assert.Fail($"KRAKENDB_REQUIRE names {name}. {howToGet}");
        Assert.Skip(howToGet);
    }
}
