using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb;

/// <summary>How Kraken's WebSocket is used; changed with <c>with</c>.</summary>
public sealed record KrakenLiveFeedOptions
{
    public static readonly Uri DefaultAddress = new("wss://ws.kraken.com/v2");

    /// <summary>Where the WebSocket is. Default: <c>KRAKEN_WS_URL</c>, else <see cref="DefaultAddress"/>.</summary>
    public Uri Address { get; init; } = AddressFromEnvironment();

    /// <summary>More symbols go on further connections. Kraken publishes no limit. Default: 250.</summary>
    public int SymbolsPerConnection { get; init; } = 250;

    /// <summary>Of one subscribe message. Default: 50.</summary>
    public int SymbolsPerRequest { get; init; } = 50;

    /// <summary>Between two messages that one connection sends. Default: 100 ms.</summary>
    public TimeSpan SendInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>After which an attempt to connect is given up. Default: 15 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After which a subscription that nobody answered is told as refused and asked for again, twice as late each time up to 5 minutes. Default: 10 seconds.</summary>
    public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without any frame for so long a ping is sent; Kraken's heartbeat comes every second. Default: 5 seconds.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without any frame for so long the connection is dead, and a new one is made. Default: 15 seconds.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A symbol's channel that was silent for less is never suspected. Default: 60 seconds.</summary>
    public TimeSpan SilenceMin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A silent channel is suspected when it missed so many frames, by its share of all frames of its connection. Default: 50.</summary>
    public int SilenceFrames { get; init; } = 50;

    /// <summary>How often a lost connection is made again at once. Default: 3.</summary>
    public int QuickReconnects { get; init; } = 3;

    /// <summary>Before the first later attempt, and the least during maintenance; doubles up to <see cref="ReconnectDelayMax"/>, with jitter. Default: 5 seconds.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Default: 30 seconds.</summary>
    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection that lasted so long makes the attempts count from the beginning again. Default: 30 seconds.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Attempts to connect within ten minutes, of everything in the process that connects to the same host: the first caller's value holds. Beyond about 150
    /// Kraken's edge bans the address for ten minutes, REST too. Default: 120.
    /// </summary>
    public int ConnectsPerTenMinutes { get; init; } = 120;

    /// <summary>A message beyond this many bytes ends its connection. Kraken's list of markets is the largest, hundreds of kB. Default: 32 MiB.</summary>
    public int MessageBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>The clock of times of receipt, pauses and time-outs.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>How often a connection looks after its time-outs.</summary>
    internal TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Of the jitter before attempts to connect.</summary>
    internal int JitterSeed { get; init; } = Environment.TickCount;

    private static Uri AddressFromEnvironment()
    {
        var text = Environment.GetEnvironmentVariable("KRAKEN_WS_URL");
        if (string.IsNullOrWhiteSpace(text))
        {
            return DefaultAddress;
        }

        return Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "ws" or "wss"
            ? address
            : throw new MarketSourceException($"KRAKEN_WS_URL is '{text}', which is no ws or wss address. Give one such as ws://127.0.0.1:8080/v2, or unset it.");
    }
}
