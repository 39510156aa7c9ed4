using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using KrakenDb.Simulator;

namespace KrakenDb.Tests.Simulator;

/// <summary>Hears a simulated exchange over WebSocket and reads its JSON as it is: no code of the library's own client.</summary>
internal sealed class FeedClient : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 20];

    /// <summary>Everything received, in its order.</summary>
    public List<JsonElement> Messages { get; } = [];

    /// <summary>How many of them came in more than one frame.</summary>
    public int FragmentedMessages { get; private set; }

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static Task<FeedClient> ConnectAsync(SimulatedExchange exchange, CancellationToken cancellationToken) => ConnectAsync(exchange.FeedAddress, cancellationToken);

    public static async Task<FeedClient> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var client = new FeedClient();
        // The exchange sends pings of its own only where a fault has them.
        client._socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await client._socket.ConnectAsync(address, cancellationToken);
        return client;
    }

    public void Dispose() => _socket.Dispose();

    public Task SendAsync(string text, CancellationToken cancellationToken) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

    public Task SubscribeAsync(string channel, string symbols, string more, CancellationToken cancellationToken) =>
        SendAsync($$"""{"method":"subscribe","params":{"channel":"{{channel}}","symbol":[{{string.Join(',', symbols.Split(',').Select(symbol => $"\"{symbol}\""))}}]{{more}}},"req_id":7}""", cancellationToken);

    /// <summary>The next message's text; null when the connection ended.</summary>
    public async Task<string?> TextAsync(CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            var result = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
            if (result.MessageType == WebSocketMessageType.Close)
                return null;
            FragmentedMessages += length > 0 && result.EndOfMessage ? 1 : 0;
            length += result.Count;
            if (result.EndOfMessage)
                return Encoding.UTF8.GetString(_buffer, 0, length);
        }
    }

    /// <summary>Reads on to a message that fits.</summary>
    /// <exception cref="WebSocketException">The connection ended before.</exception>
    public async Task<JsonElement> UntilAsync(Predicate<JsonElement> fits, CancellationToken cancellationToken)
    {
        while (await TextAsync(cancellationToken) is { } text)
        {
            var message = JsonElement.Parse(text);
            Messages.Add(message);
            if (fits(message))
                return message;
        }

        throw new WebSocketException($"The connection ended ({CloseStatus}) before the message came.");
    }

    public Task<JsonElement> UntilAsync(string channel, string type, CancellationToken cancellationToken) =>
        UntilAsync(message => Is(message, channel, type), cancellationToken);

    public Task<JsonElement> AnswerAsync(CancellationToken cancellationToken) =>
        UntilAsync(message => message.TryGetProperty("method", out _) || message.TryGetProperty("error", out _), cancellationToken);

    /// <summary>The channel's messages of a type so far.</summary>
    public IEnumerable<JsonElement> Of(string channel, string type) => Messages.Where(message => Is(message, channel, type));

    /// <summary>Ids of the trades of the updates so far, in their order.</summary>
    public long[] TradeIds(string symbol) =>
    [
        .. Of("trade", "update").SelectMany(message => message.GetProperty("data").EnumerateArray())
            .Where(trade => trade.GetProperty("symbol").GetString() == symbol).Select(trade => trade.GetProperty("trade_id").GetInt64()),
    ];

    private static bool Is(JsonElement message, string channel, string type) =>
        message.TryGetProperty("channel", out var name) && name.GetString() == channel
        && (!message.TryGetProperty("type", out var kind) || kind.GetString() == type);
}
