namespace KrakenDb;

/// <summary>The time that fetched data may claim to reach: this machine's, or the exchange's where this machine is ahead of it.</summary>
/// <param name="timeProvider">This machine's clock.</param>
/// <param name="offset">Exchange minus this machine.</param>
internal sealed class ExchangeClock(TimeProvider timeProvider, TimeSpan offset)
{
    // The exchange answers in whole seconds, and an answer takes its time.
    private static readonly TimeSpan Noise = TimeSpan.FromSeconds(3);

    /// <summary>From which on a person should know.</summary>
    public static readonly TimeSpan Notable = TimeSpan.FromMinutes(1);

    /// <summary>Exchange minus this machine; zero where the difference is noise.</summary>
    public TimeSpan Offset { get; } = offset.Duration() > Noise ? offset : TimeSpan.Zero;

    public static async Task<ExchangeClock> ReadAsync(ITradeSource source, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        new(timeProvider, await source.ReadTimeAsync(cancellationToken).ConfigureAwait(false) - timeProvider.GetUtcNow());

    public DateTimeOffset Now() => timeProvider.GetUtcNow() + (Offset < TimeSpan.Zero ? Offset : TimeSpan.Zero);
}
