using System.Globalization;
using KrakenDb.Simulator;

namespace KrakenDb.Cli;

/// <summary>The clock of <c>kraken-db simulate --speed</c> for the programs that use it: <c>KRAKENDB_CLOCK=60@2026-01-31T12:00:00Z</c> goes 60 times as fast since then.</summary>
internal static class SimulatedClock
{
    public const string Variable = "KRAKENDB_CLOCK";

    /// <exception cref="UsageException">The variable is not of this form.</exception>
    public static TimeProvider FromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return TimeProvider.System;
        }

        return text.Split('@') is [var factor, var origin]
            && decimal.TryParse(factor, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed is > 0 and <= 1_000_000
            && DateTimeOffset.TryParse(origin, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start)
                ? new FastClock(TimeProvider.System, speed, start)
                : throw new UsageException($"{Variable} is '{text}'. Give a factor and the time at which that clock showed the present, such as 60@2026-01-31T12:00:00Z, or unset it.");
    }
}
