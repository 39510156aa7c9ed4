namespace KrakenDb.Simulator;

/// <summary>How often each fault of a WebSocket connection happens by chance.</summary>
internal sealed record FeedFaults
{
    private static readonly FeedFault[] Transient = [.. Enum.GetValues<FeedFault>().Where(fault => fault != FeedFault.RefusedSymbol)];

    public static FeedFaults None { get; } = new();

    public ulong Seed { get; init; }

    /// <summary>Of 1,000,000 messages of trades so many have the fault; those of subscriptions meet so many of 1,000 requests.</summary>
    public IReadOnlyDictionary<FeedFault, int> PerMillion { get; init; } = new Dictionary<FeedFault, int>();

    /// <summary>Every fault that passes by itself; so many of 1,000,000 messages have one of them.</summary>
    public static FeedFaults Mixed(int perMillion, ulong seed)
    {
        var (each, rest) = Math.DivRem(perMillion, Transient.Length);
        return new() { Seed = seed, PerMillion = Transient.Index().ToDictionary(fault => fault.Item, fault => each + (fault.Index < rest ? 1 : 0)) };
    }

    public static bool IsOfSubscription(FeedFault fault) => fault >= FeedFault.SlowAck;

    /// <summary>Meets a whole connection, whatever it is sending.</summary>
    public static bool IsOfConnection(FeedFault fault) =>
        fault is <= FeedFault.Joined or FeedFault.MalformedJson or FeedFault.UnknownChannel or FeedFault.WrongChecksum;

    /// <summary>The fault of the n-th message of trades, or of the n-th subscription; null when it has none.</summary>
    public FeedFault? Draw(long number, bool ofSubscription)
    {
        if (PerMillion.Count == 0)
            return null;

        var draw = new Xoshiro256(Xoshiro256.Mix(Seed ^ (ofSubscription ? 1UL << 63 : 0)) ^ (ulong)number).Below(ofSubscription ? 1_000 : 1_000_000);
        foreach (var (fault, share) in PerMillion.OrderBy(entry => entry.Key))
        {
            if (IsOfSubscription(fault) != ofSubscription)
                continue;
            draw -= share;
            if (draw < 0)
                return fault;
        }

        return null;
    }
}
