namespace KrakenDb.Simulator;

/// <summary>How many requests came, as of one moment.</summary>
internal sealed class RequestCounts(
    long total, long rateLimited, Dictionary<string, long> endpoints, Dictionary<ExchangeFault, long> faults)
{
    public long Total => total;

    /// <summary>Refused by the limit itself, not by a fault that looks like it.</summary>
    public long RateLimited => rateLimited;

    /// <summary>Answered with a fault.</summary>
    public long Faulty => faults.Values.Sum();

    /// <summary>Requests of an endpoint such as <c>Trades</c>, whatever their answer.</summary>
    public long Of(string endpoint) => endpoints.GetValueOrDefault(endpoint);

    public long Of(ExchangeFault fault) => faults.GetValueOrDefault(fault);
}
