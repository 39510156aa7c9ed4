using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace KrakenDb.Simulator;

/// <summary>
/// What other processes steer the exchange with; no part of Kraken. <c>GET /control</c> tells how it stands, <c>GET /control/trades?symbol=…
/// [&amp;after=ID]</c> the truth, <c>GET /control/feed</c> and <c>GET /control/book?symbol=…</c> what WebSocket connections were and would be sent, and the POSTs are the setters of <see cref="SimulatedExchange"/>.
/// </summary>
internal static class ControlEndpoint
{
    private const int RowsPerWrite = 500;

    public static async Task AnswerAsync(SimulatedExchange exchange, HttpContext context)
    {
        var arguments = await WireResponse.ReadArgumentsAsync(context).ConfigureAwait(false);
        var word = context.Request.Path.Value!["/control".Length..].Trim('/');
        try
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                Set(exchange, word, arguments);
                await WireResponse.SendAsync(context, Describe(exchange)).ConfigureAwait(false);
            }
            else if (word == "trades")
            {
                await SendTruthAsync(exchange, context, arguments).ConfigureAwait(false);
            }
            else if (word == "feed")
            {
                await WireResponse.SendAsync(context, FeedReport.Connections(exchange)).ConfigureAwait(false);
            }
            else if (word == "book")
            {
                var at = Integer(arguments, "at", WireTime.Nanoseconds(exchange.Now));
                await WireResponse.SendTextAsync(context, 200, FeedReport.Book(exchange, arguments["symbol"], at, (int)Integer(arguments, "depth", 10))).ConfigureAwait(false);
            }
            else
            {
                await WireResponse.SendAsync(context, Describe(exchange)).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException or OverflowException)
        {
            await WireResponse.SendTextAsync(context, 400, exception.Message + "\n").ConfigureAwait(false);
        }
    }

    private static void Set(SimulatedExchange exchange, string word, IReadOnlyDictionary<string, string> arguments)
    {
        switch (word)
        {
            case "faults":
                exchange.Faults = ReadFaults(arguments);
                break;
            case "feed-fail":
                exchange.FailNextMessage(ReadFault<FeedFault>(arguments["fault"]), (int)Integer(arguments, "count", 1), arguments.GetValueOrDefault("symbol"));
                break;
            case "feed-faults":
                exchange.FeedFaults = ReadFeedFaults(arguments);
                break;
            case "refuse":
                exchange.Refuse(arguments["symbol"]);
                break;
            case "fail":
                exchange.FailNext(ReadFault<ExchangeFault>(arguments["fault"]), (int)Integer(arguments, "count", 1), arguments.GetValueOrDefault("endpoint"));
                break;
            case "status":
                exchange.Status = arguments["value"];
                break;
            case "limit":
                exchange.RateLimitScale = double.Parse(arguments["scale"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
                break;
            case "list":
                exchange.List(arguments["symbol"], DateTimeOffset.Parse(arguments["at"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
                break;
            case "skip":
                exchange.SkipTradeIds(arguments["symbol"], Integer(arguments, "first"), Integer(arguments, "last"));
                break;
            case "gather":
                exchange.ShareTimestamp(arguments["symbol"], Integer(arguments, "first"), (int)Integer(arguments, "count"));
                break;
            default:
                throw new FormatException($"There is no /control/{word}; there are faults, fail, feed-faults, feed-fail, refuse, status, limit, list, skip, gather.");
        }
    }

    private static ExchangeFaults ReadFaults(IReadOnlyDictionary<string, string> arguments)
    {
        var seed = (ulong)Integer(arguments, "seed", 1);
        if (arguments.ContainsKey("mixed"))
            return ExchangeFaults.Mixed((int)Integer(arguments, "mixed"), seed);

        var shares = arguments.Keys.Where(name => name != "seed").ToDictionary(ReadFault<ExchangeFault>, name => (int)Integer(arguments, name));
        return new ExchangeFaults { Seed = seed, PerThousand = shares };
    }

    private static FeedFaults ReadFeedFaults(IReadOnlyDictionary<string, string> arguments)
    {
        var seed = (ulong)Integer(arguments, "seed", 1);
        if (arguments.ContainsKey("mixed"))
            return FeedFaults.Mixed((int)Integer(arguments, "mixed"), seed);

        var shares = arguments.Keys.Where(name => name != "seed").ToDictionary(ReadFault<FeedFault>, name => (int)Integer(arguments, name));
        return new FeedFaults { Seed = seed, PerMillion = shares };
    }

    private static T ReadFault<T>(string name)
        where T : struct, Enum =>
        Enum.TryParse<T>(name, ignoreCase: true, out var fault)
            ? fault
            : throw new FormatException($"There is no fault {name}; there are {string.Join(", ", Enum.GetNames<T>())}.");

    private static long Integer(IReadOnlyDictionary<string, string> arguments, string name, long? fallback = null) =>
        fallback is { } value && !arguments.ContainsKey(name)
            ? value
            : long.Parse(arguments[name], NumberStyles.None, CultureInfo.InvariantCulture);

    private static byte[] Describe(SimulatedExchange exchange)
    {
        var counts = exchange.Requests;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, WireTime.Iso(exchange.Now));
            json.WriteString("status"u8, exchange.Status);
            json.WriteNumber("rate_limit_scale"u8, exchange.RateLimitScale);
            json.WriteStartObject("requests"u8);
            json.WriteNumber("total"u8, counts.Total);
            json.WriteNumber("rate_limited"u8, counts.RateLimited);
            json.WriteNumber("faulty"u8, counts.Faulty);
            json.WriteEndObject();
            json.WriteNumber("connections"u8, exchange.FeedRecords.Count(record => record.Ended is null));
            json.WriteStartArray("markets"u8);
            foreach (var pair in exchange.Pairs)
            {
                json.WriteStartObject();
                json.WriteString("symbol"u8, pair.Spec.Symbol);
                json.WriteString("key"u8, pair.Key);
                json.WriteString("seed"u8, pair.Spec.Seed.ToString(CultureInfo.InvariantCulture));
                json.WriteNumber("last_trade_id"u8, exchange.LastTrade(pair.Spec.Symbol)?.Id ?? 0);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>Rows <c>trade_id,nanoseconds,price,volume,side,order_type</c>; numbers are scaled by 10^10, so that nobody rounds them.</summary>
    private static async Task SendTruthAsync(SimulatedExchange exchange, HttpContext context, IReadOnlyDictionary<string, string> arguments)
    {
        var after = Integer(arguments, "after", 0);
        var trades = exchange.Trades(arguments["symbol"]).SkipWhile(trade => trade.Id <= after);
        context.Response.ContentType = "text/csv; charset=utf-8";
        foreach (var chunk in trades.Chunk(RowsPerWrite))
        {
            var text = new StringBuilder();
            foreach (var trade in chunk)
                text.Append(CultureInfo.InvariantCulture, $"{trade.Id},{trade.UnixNanoseconds},{trade.Price},{trade.Volume},{(trade.IsBuy ? 'b' : 's')},{(trade.IsMarket ? 'm' : 'l')}\n");
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()), context.RequestAborted).ConfigureAwait(false);
        }
    }
}
