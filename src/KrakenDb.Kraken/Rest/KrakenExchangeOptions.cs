using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>How Kraken's REST API is called; changed with <c>with</c>.</summary>
public sealed record KrakenExchangeOptions
{
    public const int DefaultMaxRetries = 8;

    public static readonly Uri DefaultAddress = new("https://api.kraken.com");

    /// <summary>Where the API is. Default: <c>KRAKEN_API_URL</c>, else <see cref="DefaultAddress"/>.</summary>
    public Uri Address { get; init; } = AddressFromEnvironment();

    /// <summary>
    /// Between two calls, from the first on and at best; the limiter makes it longer when the exchange refuses. Shared by everything in the process that
    /// calls the same host: the first caller's value holds. Default: 1 second, or what <c>KRAKEN_API_RATE</c> (calls per second) says.
    /// </summary>
    public TimeSpan CallInterval { get; init; } = IntervalFromEnvironment();

    /// <summary>The first pause after the exchange's limit errors; it doubles up to twelvefold. Default: 5 seconds.</summary>
    public TimeSpan LimitPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a call that failed for a passing reason is made again. The documents' 3 give up within seconds. Default: 8, about 90 seconds.</summary>
    public int MaxRetries { get; init; } = DefaultMaxRetries;

    /// <summary>Before the first retry; doubles up to 30 seconds, with jitter. Default: 0.5 seconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After which an unanswered call is given up. Default: 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where replies that are not of the documented form are kept for a report; null to keep none.</summary>
    public string? ReportDirectory { get; init; }

    /// <summary>The clock of pauses and time-outs.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    private static Uri AddressFromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable("KRAKEN_API_URL");
        if (string.IsNullOrWhiteSpace(text))
        {
            return DefaultAddress;
        }

        return Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new MarketSourceException($"KRAKEN_API_URL is '{text}', which is no http or https address. Give one such as http://127.0.0.1:8080, or unset it.");
    }

    private static TimeSpan IntervalFromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable("KRAKEN_API_RATE");
        if (string.IsNullOrWhiteSpace(text))
        {
            return TimeSpan.FromSeconds(1);
        }

        return decimal.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 100_000
            ? TimeSpan.FromTicks((long)(TimeSpan.TicksPerSecond / rate))
            : throw new MarketSourceException($"KRAKEN_API_RATE is '{text}', which is no number of calls per second. Give one such as 1 or 0.3, or unset it.");
    }
}
