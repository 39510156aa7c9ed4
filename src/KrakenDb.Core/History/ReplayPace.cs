namespace KrakenDb;

/// <summary>A replay's clock: it stands at <paramref name="start"/> when made and runs <paramref name="speed"/> times as fast as the given clock.</summary>
internal sealed class ReplayPace(TimeProvider timeProvider, DateTimeOffset start, decimal speed)
{
    private readonly long _started = timeProvider.GetTimestamp();

    public async ValueTask WaitUntilAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        var due = (time - start).Ticks / speed;
        var left = due - timeProvider.GetElapsedTime(_started).Ticks;
        while (left > 0)
        {
            // Timers take at most some 49 days; a candle of a year at low speed waits in several steps.
            await Task.Delay(TimeSpan.FromTicks((long)Math.Min(left, TimeSpan.TicksPerDay)), timeProvider, cancellationToken).ConfigureAwait(false);
            left = due - timeProvider.GetElapsedTime(_started).Ticks;
        }
    }
}
