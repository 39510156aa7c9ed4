using System.Text;
using Microsoft.Extensions.Logging;

namespace KrakenDb.Kraken;

/// <summary>Tells of what a feed could not use: each kind once per minute at most, with the evidence and how many there were since.</summary>
internal sealed partial class FeedLog(ILogger logger, TimeProvider timeProvider)
{
    private const int EvidenceMax = 300;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Told> _told = [];

    /// <param name="kind">A constant: each has its own minute.</param>
    /// <param name="what">Of this very one.</param>
    /// <param name="evidence">The message it stands in.</param>
    public void Tell(string kind, string what, ReadOnlySpan<byte> evidence)
    {
        long count;
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            if (_told.TryGetValue(kind, out var told) && timeProvider.GetElapsedTime(told.At, now) < Pause)
            {
                _told[kind] = told with { Since = told.Since + 1 };
                return;
            }

            count = told.Since + 1;
            _told[kind] = new Told(now, 0);
        }

        var text = Encoding.UTF8.GetString(evidence[..Math.Min(evidence.Length, EvidenceMax)]);
        LogUnused(logger, kind, count, what, evidence.Length > EvidenceMax ? text + "…" : text);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} ({Count} since the last line): {What}. In: {Evidence}")]
    private static partial void LogUnused(ILogger logger, string kind, long count, string what, string evidence);

    private readonly record struct Told(long At, long Since);
}
