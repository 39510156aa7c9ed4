using System.Text.Json;

namespace KrakenDb.Simulator;

/// <summary>The messages that are no data: status, heartbeat, pong, and how a request went.</summary>
internal sealed class FeedAnswers(FeedWriter writer)
{
    /// <summary>How long the exchange thinks before it answers.</summary>
    private const long AnswerNanoseconds = 42_000;

    private FrameBuffer Buffer => writer.Buffer;

    public void Status(ulong connectionId, string status)
    {
        writer.Begin();
        Buffer.Text("{\"channel\":\"status\",\"type\":\"update\",\"data\":[{\"version\":\"2.0.10\",\"system\":\""u8);
        Buffer.Text(status);
        Buffer.Text("\",\"api_version\":\"v2\",\"connection_id\":"u8);
        Buffer.Integer(connectionId);
        // Since the autumn of 2026.
        Buffer.Text(",\"upcoming_maintenance\":[],\"emergency\":[]}]}"u8);
        writer.End();
    }

    public void Heartbeat()
    {
        writer.Begin();
        Buffer.Text("{\"channel\":\"heartbeat\"}"u8);
        writer.End();
    }

    public void Pong(FeedRequest request, long now)
    {
        writer.Begin();
        Buffer.Text("{\"method\":\"pong\""u8);
        Id(request);
        Times(now);
    }

    /// <summary>A subscription begins or ends.</summary>
    /// <param name="symbol">Null for the channel instrument.</param>
    public void Success(FeedRequest request, string? symbol, bool snapshot, long now)
    {
        var isStart = request.Method == "subscribe";
        writer.Begin();
        Buffer.Text(isStart ? "{\"method\":\"subscribe\""u8 : "{\"method\":\"unsubscribe\""u8);
        Id(request);
        Buffer.Text(",\"result\":{\"channel\":\""u8);
        Buffer.Text(request.Channel!);
        Buffer.Text("\""u8);
        if (request.Channel == "book")
            Number(",\"depth\":"u8, request.Depth);
        if (request.Channel == "ticker")
        {
            Buffer.Text(",\"event_trigger\":\""u8);
            Buffer.Text(request.EventTrigger);
            Buffer.Text("\""u8);
        }

        if (request.Channel == "ohlc")
            Number(",\"interval\":"u8, request.Interval);
        if (isStart)
            Buffer.Text(snapshot ? ",\"snapshot\":true"u8 : ",\"snapshot\":false"u8);
        if (symbol is not null)
        {
            Buffer.Text(",\"symbol\":\""u8);
            Buffer.Text(symbol);
            Buffer.Text("\""u8);
        }

        if (isStart && request.Channel == "ohlc")
            Buffer.Text(",\"warnings\":[\"timestamp is deprecated, use interval_begin\"]"u8);
        if (isStart && request.Channel == "instrument")
            Buffer.Text(",\"warnings\":[\"tick_size is deprecated, use price_increment\"]"u8);
        Buffer.Text("},\"success\":true"u8);
        Times(now);
    }

    /// <param name="symbol">Null where the error is not about one.</param>
    public void Failure(FeedRequest? request, string error, string? symbol, long now)
    {
        writer.Begin();
        Buffer.Text("{\"error\":\""u8);
        Buffer.Text(JsonEncodedText.Encode(error).EncodedUtf8Bytes);
        Buffer.Text("\""u8);
        if (request?.Method is { } method)
        {
            Buffer.Text(",\"method\":\""u8);
            Buffer.Text(JsonEncodedText.Encode(method).EncodedUtf8Bytes);
            Buffer.Text("\""u8);
        }

        Id(request);
        Buffer.Text(",\"success\":false"u8);
        if (symbol is not null)
        {
            Buffer.Text(",\"symbol\":\""u8);
            Buffer.Text(JsonEncodedText.Encode(symbol).EncodedUtf8Bytes);
            Buffer.Text("\""u8);
        }

        Times(now);
    }

    private void Id(FeedRequest? request)
    {
        if (request?.Id is not { } id)
            return;
        Buffer.Text(id < 0 ? ",\"req_id\":-"u8 : ",\"req_id\":"u8);
        Buffer.Integer((ulong)Int128.Abs(id));
    }

    private void Number(ReadOnlySpan<byte> name, int value)
    {
        Buffer.Text(name);
        Buffer.Integer(value);
    }

    private void Times(long now)
    {
        Buffer.Text(",\"time_in\":"u8);
        Buffer.Microseconds(now);
        Buffer.Text(",\"time_out\":"u8);
        Buffer.Microseconds(now + AnswerNanoseconds);
        Buffer.Text("}"u8);
        writer.End();
    }
}
