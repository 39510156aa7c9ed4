namespace KrakenDb.Simulator;

/// <summary>A part of a market: which minutes from its start are left out before it, and how many it has.</summary>
/// <param name="Skip">Minutes between the market's start and this span's.</param>
/// <param name="Minutes">Length, with and without trades.</param>
internal readonly record struct MinuteSpan(long Skip, long Minutes)
{
    /// <summary>The first minutes of the market.</summary>
    public static MinuteSpan First(long minutes) => new(0, minutes);

    public long StartUnixSeconds(MarketSpec spec) => checked(spec.Start.ToUnixTimeSeconds() + (Skip * 60));

    /// <summary>Excluded.</summary>
    public long EndUnixSeconds(MarketSpec spec) => checked(StartUnixSeconds(spec) + (Minutes * 60));
}
