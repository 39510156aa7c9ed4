using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>
/// What steers a replay; no part of Kraken. <c>GET /control/replay</c> tells how it stands; a POST with <c>pause</c>, <c>resume</c>, <c>seek=TIME</c> or <c>speed=FACTOR</c>,
/// or several of them, changes it and answers the same.
/// </summary>
internal static class ReplayControl
{
    public static async Task AnswerAsync(ReplayServer server, HttpContext context)
    {
        try
        {
            if (HttpMethods.IsPost(context.Request.Method))
                Set(server.Clock, await WireResponse.ReadArgumentsAsync(context).ConfigureAwait(false));
            await WireResponse.SendAsync(context, Describe(server)).ConfigureAwait(false);
        }
        catch (FormatException exception)
        {
            await WireResponse.SendTextAsync(context, 400, exception.Message + "\n").ConfigureAwait(false);
        }
    }

    private static void Set(ReplayClock clock, IReadOnlyDictionary<string, string> arguments)
    {
        // Everything is read before anything is changed.
        var speed = arguments.TryGetValue("speed", out var factor) ? ParseSpeed(factor) : (decimal?)null;
        var time = arguments.TryGetValue("seek", out var text) ? TimeArgument.Parse(text, clock.GetUtcNow()) : (DateTimeOffset?)null;
        if (arguments.Keys.FirstOrDefault(name => name is not ("pause" or "resume" or "seek" or "speed")) is not null || arguments.Count == 0)
            throw new FormatException("There are pause, resume, seek=TIME and speed=FACTOR.");
        if (arguments.ContainsKey("pause") && arguments.ContainsKey("resume"))
            throw new FormatException("Either pause or resume.");

        if (time is { } to)
            clock.Seek(to);
        if (speed is { } given)
            clock.SetSpeed(given);
        if (arguments.ContainsKey("pause"))
            clock.Pause();
        if (arguments.ContainsKey("resume"))
            clock.Resume();
    }

    /// <summary><c>max</c> is 0: as fast as the clients read.</summary>
    public static decimal ParseSpeed(string text) =>
        text == "max" ? 0
        : decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var speed) && speed <= 1_000_000 ? speed
        : throw new FormatException($"'{text}' is not a speed. Give a number such as 1 or 60, at most 1000000, or max (0): as fast as the clients read.");

    private static byte[] Describe(ReplayServer server)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, server.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("from"u8, WireTime.Iso(server.Clock.From));
            json.WriteString("to"u8, WireTime.Iso(server.Clock.To));
            json.WriteNumber("speed"u8, server.Clock.Speed);
            json.WriteBoolean("paused"u8, server.Clock.IsPaused);
            json.WriteBoolean("ended"u8, server.Clock.HasEnded);
            json.WriteNumber("connections"u8, server.Connections);
            json.WriteStartArray("markets"u8);
            foreach (var market in server.Markets.All)
            {
                json.WriteStartObject();
                json.WriteString("symbol"u8, market.Symbol);
                json.WriteString("key"u8, market.Pair.Key);
                json.WriteStartArray("book_depths"u8);
                foreach (var depth in market.BookDepths)
                    json.WriteNumberValue(depth);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
