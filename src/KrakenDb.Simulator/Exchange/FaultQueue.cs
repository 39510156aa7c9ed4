namespace KrakenDb.Simulator;

/// <summary>Which fault a request gets: those asked for by name first, then those drawn by chance.</summary>
internal sealed class FaultQueue
{
    private readonly List<(ExchangeFault Fault, string? Endpoint, int Left)> _asked = [];
    private readonly Lock _lock = new();

    public ExchangeFaults ByChance { get; set; } = ExchangeFaults.None;

    public void Add(ExchangeFault fault, int count, string? endpoint)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_lock)
        {
            _asked.Add((fault, endpoint, count));
        }
    }

    public ExchangeFault? Next(long request, string endpoint)
    {
        var fault = NextAsked(endpoint) ?? ByChance.Draw(request);
        return fault is ExchangeFault.DuplicateTrades or ExchangeFault.MissingTrades or ExchangeFault.MissingLast or ExchangeFault.SixFieldTrades or ExchangeFault.ChangedShape
            && endpoint != "Trades"
            ? null
            : fault;
    }

    private ExchangeFault? NextAsked(string endpoint)
    {
        lock (_lock)
        {
            var at = _asked.FindIndex(asked => asked.Endpoint is null || asked.Endpoint == endpoint);
            if (at < 0)
                return null;

            var (fault, only, left) = _asked[at];
            if (left == 1)
                _asked.RemoveAt(at);
            else
                _asked[at] = (fault, only, left - 1);
            return fault;
        }
    }
}
