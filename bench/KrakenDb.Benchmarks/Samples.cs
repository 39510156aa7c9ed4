using System.Diagnostics;

namespace KrakenDb.Benchmarks;

/// <summary>Durations of one thing that was done again and again.</summary>
internal sealed class Samples
{
    private readonly List<double> _milliseconds = [];

    public double Median => Percentile(0.5);

    public int Count => _milliseconds.Count;

    /// <summary>Milliseconds.</summary>
    public double Sum => _milliseconds.Sum();

    public double P95 => Percentile(0.95);

    public async Task AddAsync(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        _milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public void Add(Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        _milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public static Samples Of(IEnumerable<Samples> parts)
    {
        var all = new Samples();
        all._milliseconds.AddRange(parts.SelectMany(part => part._milliseconds));
        return all;
    }

    public void Clear() => _milliseconds.Clear();

    private double Percentile(double share)
    {
        var sorted = _milliseconds.Order().ToArray();
        return sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }
}
