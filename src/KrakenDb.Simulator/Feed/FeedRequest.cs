using System.Text.Json;

namespace KrakenDb.Simulator;

/// <summary>What a client asks on a WebSocket connection.</summary>
/// <param name="Method"><c>subscribe</c>, <c>unsubscribe</c>, <c>ping</c>, or something else.</param>
/// <param name="Id">The client's number for it; echoed when there is one.</param>
/// <param name="Channel"><c>trade</c>, …; null when it is not named.</param>
/// <param name="Symbols">None for the channel instrument.</param>
internal sealed record FeedRequest(string? Method, long? Id, string? Channel, IReadOnlyList<string> Symbols)
{
    public int Depth { get; private init; } = 10;

    public int Interval { get; private init; } = 1;

    /// <summary>What the channel does by default where the client does not say.</summary>
    public bool? Snapshot { get; private init; }

    public string EventTrigger { get; private init; } = "trades";

    /// <summary>Null when it is not an object, or its members have other types.</summary>
    public static FeedRequest? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static FeedRequest Read(JsonElement root)
    {
        var id = root.TryGetProperty("req_id", out var number) ? number.GetInt64() : (long?)null;
        var method = root.TryGetProperty("method", out var name) ? name.GetString() : null;
        if (!root.TryGetProperty("params", out var parameters))
            return new FeedRequest(method, id, Channel: null, []);

        string[] symbols = parameters.TryGetProperty("symbol", out var symbol) ? [.. symbol.EnumerateArray().Select(entry => entry.GetString() ?? "")] : [];
        return new FeedRequest(method, id, parameters.TryGetProperty("channel", out var channel) ? channel.GetString() : null, symbols)
        {
            Depth = parameters.TryGetProperty("depth", out var depth) ? depth.GetInt32() : 10,
            Interval = parameters.TryGetProperty("interval", out var interval) ? interval.GetInt32() : 1,
            Snapshot = parameters.TryGetProperty("snapshot", out var snapshot) ? snapshot.GetBoolean() : null,
            EventTrigger = parameters.TryGetProperty("event_trigger", out var trigger) ? trigger.GetString() ?? "" : "trades",
        };
    }
}
