namespace KrakenDb.Simulator;

/// <summary>How often each fault happens by chance. The n-th request of an exchange draws the same with the same seed.</summary>
internal sealed record ExchangeFaults
{
    private static readonly ExchangeFault[] Transient =
    [
        ExchangeFault.TooManyRequests, ExchangeFault.RateLimitExceeded, ExchangeFault.Throttled, ExchangeFault.Unavailable, ExchangeFault.Busy,
        ExchangeFault.InternalError, ExchangeFault.HtmlError, ExchangeFault.Silence, ExchangeFault.CutConnection, ExchangeFault.CutBody,
        ExchangeFault.DuplicateTrades, ExchangeFault.MissingTrades, ExchangeFault.MissingLast,
    ];

    public static ExchangeFaults None { get; } = new();

    public ulong Seed { get; init; }

    /// <summary>Of 1,000 requests so many have the fault; the sum is 1,000 at most.</summary>
    public IReadOnlyDictionary<ExchangeFault, int> PerThousand { get; init; } = new Dictionary<ExchangeFault, int>();

    /// <summary>Every fault that passes by itself, equally often; so many of 1,000 requests have one of them.</summary>
    public static ExchangeFaults Mixed(int perThousand, ulong seed)
    {
        // What the division leaves goes to the first ones.
        var (each, rest) = Math.DivRem(perThousand, Transient.Length);
        return new() { Seed = seed, PerThousand = Transient.Index().ToDictionary(fault => fault.Item, fault => each + (fault.Index < rest ? 1 : 0)) };
    }

    /// <summary>The fault of a request; null when it has none.</summary>
    public ExchangeFault? Draw(long request)
    {
        if (PerThousand.Count == 0)
            return null;

        var draw = new Xoshiro256(Xoshiro256.Mix(Seed) ^ (ulong)request).Below(1_000);
        foreach (var (fault, share) in PerThousand.OrderBy(entry => entry.Key))
        {
            draw -= share;
            if (draw < 0)
                return fault;
        }

        return null;
    }
}
