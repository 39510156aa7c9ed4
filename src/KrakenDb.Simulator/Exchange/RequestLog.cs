namespace KrakenDb.Simulator;

/// <summary>What was asked and how it went.</summary>
internal sealed class RequestLog
{
    private const int RecentMax = 10_000;

    private readonly Queue<SimulatedRequest> _recent = new();
    private readonly Dictionary<string, long> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<ExchangeFault, long> _faults = [];
    private readonly Lock _lock = new();
    private long _total;
    private long _rateLimited;

    public RequestCounts Counts
    {
        get
        {
            lock (_lock)
            {
                return new RequestCounts(_total, _rateLimited, new(_endpoints, StringComparer.Ordinal), new(_faults));
            }
        }
    }

    public IReadOnlyList<SimulatedRequest> Recent
    {
        get
        {
            lock (_lock)
            {
                return [.. _recent];
            }
        }
    }

    public void Add(SimulatedRequest request, ExchangeFault? fault, bool rateLimited)
    {
        lock (_lock)
        {
            _total++;
            _rateLimited += rateLimited ? 1 : 0;
            _endpoints[request.Endpoint] = _endpoints.GetValueOrDefault(request.Endpoint) + 1;
            if (fault is { } kind)
                _faults[kind] = _faults.GetValueOrDefault(kind) + 1;
            _recent.Enqueue(request);
            if (_recent.Count > RecentMax)
                _recent.Dequeue();
        }
    }
}
