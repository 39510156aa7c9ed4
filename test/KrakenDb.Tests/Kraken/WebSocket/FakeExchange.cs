using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>A WebSocket server on loopback: each connection, in the order of their coming, plays the part that the test wrote for it; the last part again and again.</summary>
internal sealed class FakeExchange : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<FakeSocket, Task>[] _parts;
    private readonly List<Task> _playing = [];
    private readonly Task _accepting;

    public FakeExchange(params Func<FakeSocket, Task>[] parts)
    {
        _parts = parts;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v2");

    public int Connections { get; private set; }

    /// <summary>The line of HTTP that every attempt to connect is refused with; null to let all in.</summary>
    public string? Refusal { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_playing);
        _listener.Dispose();
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ended.Token);
                _playing.Add(PlayAsync(client, _parts[Math.Min(Connections++, _parts.Length - 1)]));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task PlayAsync(TcpClient client, Func<FakeSocket, Task> part)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var request = await ReadHeadAsync(stream);
                if (Refusal is { } refusal)
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n"), _ended.Token);
                    return;
                }

                var key = request.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
#pragma warning disable CA5350 // RFC 6455 says SHA-1.
                var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"), _ended.Token);
                using var socket = System.Net.WebSockets.WebSocket.CreateFromStream(stream, isServer: true, subProtocol: null, keepAliveInterval: TimeSpan.Zero);
                await part(new FakeSocket(socket, client, _ended.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or WebSocketException or ObjectDisposedException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _ended.Token) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}

/// <summary>The server's end of one connection.</summary>
internal sealed class FakeSocket(System.Net.WebSockets.WebSocket socket, TcpClient client, CancellationToken ended)
{
    public List<JsonElement> Requests { get; } = [];

    public Task HelloAsync(string system = "online") =>
        SendAsync($$"""{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"{{system}}","api_version":"v2","connection_id":16174536464690282295}]}""");

    public Task SendAsync(string message) => SendAsync(Encoding.UTF8.GetBytes(message), endOfMessage: true);

    public async Task SendAsync(ReadOnlyMemory<byte> piece, bool endOfMessage) => await socket.SendAsync(piece, WebSocketMessageType.Text, endOfMessage, ended);

    /// <summary>The next message of the client.</summary>
    public async Task<JsonElement> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, ended);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ended);
                throw new OperationCanceledException("The client closed.");
            }

            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                using var document = JsonDocument.Parse(message.ToArray());
                Requests.Add(document.RootElement.Clone());
                return Requests[^1];
            }
        }
    }

    /// <summary>The next subscription or its end; pings on the way are answered.</summary>
    public async Task<JsonElement> ReceiveRequestAsync()
    {
        while (true)
        {
            var message = await ReceiveAsync();
            if (message.GetProperty("method").GetString() != "ping")
            {
                return message;
            }

            await SendAsync($$"""{"method":"pong","req_id":{{message.GetProperty("req_id").GetInt64()}}}""");
        }
    }

    /// <summary>Says yes to every symbol of the next request.</summary>
    public async Task<JsonElement> AcceptAsync()
    {
        var request = await ReceiveRequestAsync();
        await AnswerAsync(request, _ => null);
        return request;
    }

    /// <param name="refusal">The error for a symbol; null for yes.</param>
    public async Task AnswerAsync(JsonElement request, Func<string, string?> refusal)
    {
        var parameters = request.GetProperty("params");
        var method = request.GetProperty("method").GetString();
        var id = request.GetProperty("req_id").GetInt64();
        foreach (var symbol in parameters.GetProperty("symbol").EnumerateArray().Select(symbol => symbol.GetString()!))
        {
            await SendAsync(refusal(symbol) is { } error
                ? $$"""{"error":"{{error}}","method":"{{method}}","req_id":{{id}},"success":false,"symbol":"{{symbol}}"}"""
                : $$"""{"method":"{{method}}","req_id":{{id}},"result":{"channel":"{{parameters.GetProperty("channel").GetString()}}","symbol":"{{symbol}}"},"success":true}""");
        }
    }

    public Task TradeAsync(long id, string symbol = "BTC/USD", bool isSnapshot = false) => SendAsync(TradeFrame(id, symbol, isSnapshot));

    public static string TradeFrame(long id, string symbol = "BTC/USD", bool isSnapshot = false) =>
        $$"""{"channel":"trade","type":"{{(isSnapshot ? "snapshot" : "update")}}","data":[{"symbol":"{{symbol}}","side":"buy","price":1.5,"qty":2,"ord_type":"limit","trade_id":{{id}},"timestamp":"2025-07-23T04:41:46.919844Z"}]}""";

    /// <summary>Cuts the TCP connection without a goodbye.</summary>
    public void Cut()
    {
        client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Close();
    }

    public async Task CloseAsync() => await socket.CloseOutputAsync((WebSocketCloseStatus)1012, "maintenance", ended);

    /// <summary>Answers everything until the client goes.</summary>
    public async Task StayAsync()
    {
        while (true)
        {
            await AcceptAsync();
        }
    }

    /// <summary>Says nothing more, and reads nothing more: a connection that is open on one side only.</summary>
    public Task HangAsync() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ended);
}
