using System.Globalization;
using System.Threading.Channels;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>A handler that writes down what it is told, for a test that waits for it.</summary>
internal sealed class ToldEvents : ILiveFeedHandler
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private long _frames;

    /// <summary>Called with each trade's id, before it is written down.</summary>
    public Action<long>? OnTrade { get; init; }

    public long Frames => Interlocked.Read(ref _frames);

    /// <summary>Reads on to the next event that begins so.</summary>
    public async Task<string> UntilAsync(string beginning)
    {
        var passed = new List<string>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await foreach (var told in _events.Reader.ReadAllAsync(patience.Token))
            {
                if (told.StartsWith(beginning, StringComparison.Ordinal))
                {
                    return told;
                }

                passed.Add(told);
            }
        }
        catch (OperationCanceledException)
        {
            // Below.
        }

        throw new TimeoutException($"'{beginning}' was not told; instead: {string.Join(" | ", passed)}");
    }

    /// <summary>What was told since.</summary>
    public List<string> Rest()
    {
        var rest = new List<string>();
        while (_events.Reader.TryRead(out var told))
        {
            rest.Add(told);
        }

        return rest;
    }

    public void OnConnected(int connection, ulong connectionId, long receivedAt) => Write($"connected {connection} {connectionId}");

    public void OnDisconnected(int connection, string reason, long receivedAt) => Write($"disconnected {connection} {reason}");

    public void OnSystemStatus(int connection, string system, long receivedAt) => Write($"system {system}");

    public void OnSubscribed(int connection, string symbol, string channel, long receivedAt) => Write($"subscribed {symbol} {channel}");

    public void OnUnsubscribed(int connection, string symbol, string channel, long receivedAt) => Write($"unsubscribed {symbol} {channel}");

    public void OnUnanswered(int connection, string symbol, string channel, TimeSpan waited) => Write(string.Create(CultureInfo.InvariantCulture, $"unanswered {symbol} {channel} {waited.TotalSeconds:0.###} s"));

    public void OnRefused(int connection, string symbol, string channel, string error) => Write($"refused {symbol} {channel} {error}");

    public void OnSilent(int connection, string symbol, string channel, TimeSpan silence) => Write($"silent {symbol} {channel}");

    public void OnInstruments(int connection, IReadOnlyList<Instrument> instruments, bool isSnapshot, long receivedAt) => Write($"instruments {instruments.Count}");

    public void OnTrades(int connection, string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot, long receivedAt)
    {
        foreach (var trade in trades)
        {
            OnTrade?.Invoke(trade.Id);
            Write($"trade {symbol} {trade.Id}{(isSnapshot ? " snapshot" : "")}");
        }
    }

    public void OnFrame(int connection, ReadOnlySpan<byte> message, long receivedAt) => Interlocked.Increment(ref _frames);

    private void Write(string told) => _events.Writer.TryWrite(told);
}
