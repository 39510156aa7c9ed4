using System.Globalization;

namespace KrakenDb.Simulator;

/// <summary>What the public endpoints answer, as text. Knows nothing of connections, limits and faults of the edge.</summary>
internal sealed class PublicReplies(IPublicMarkets markets)
{
    private const string InvalidArguments = "EGeneral:Invalid arguments";
    private const string UnknownPair = "EQuery:Unknown asset pair";

    // Kraken always has one. Clients take its class of error for a lasting one.
    private const string NoBook = "EGeneral:Invalid arguments:no order book of this pair is recorded";

    private const int TradesMax = 1_000;
    private const int DepthMax = 500;
    private const int DepthDefault = 100;

    /// <summary><c>online</c>, <c>maintenance</c>, <c>cancel_only</c>, <c>post_only</c>.</summary>
    public string Status { get; set; } = "online";

    public bool SinceIsExclusive { get; init; }

    /// <summary>The reply to a request; the error's text where the reply is an error, else null.</summary>
    /// <param name="endpoint"><c>Trades</c>, …; case matters.</param>
    /// <param name="arguments">Of the query.</param>
    /// <param name="fault">One that changes the rows of a page of trades; the page's own affair whether it can.</param>
    /// <param name="draw">Chooses the rows that the fault meets.</param>
    /// <param name="cancellationToken"></param>
    public async ValueTask<(byte[] Body, string? Error)> AnswerAsync(
        string endpoint, IReadOnlyDictionary<string, string> arguments, ExchangeFault? fault = null, ulong draw = 0, CancellationToken cancellationToken = default)
    {
        if (Status == "maintenance" && endpoint is not ("Time" or "SystemStatus"))
            return Failed("EService:Unavailable");

        return endpoint switch
        {
            "Time" => Succeeded(Time),
            "SystemStatus" => Succeeded(SystemStatus),
            "Assets" => Succeeded(text => PairListing.WriteAssets(text.Json, markets.Pairs)),
            "AssetPairs" => AssetPairs(arguments),
            "Trades" => await TradesAsync(arguments, fault, draw, cancellationToken).ConfigureAwait(false),
            "OHLC" => await OhlcAsync(arguments, cancellationToken).ConfigureAwait(false),
            "Depth" => await DepthAsync(arguments, cancellationToken).ConfigureAwait(false),
            _ => Failed("EGeneral:Unknown method"),
        };
    }

    private static (byte[] Body, string? Error) Succeeded(Action<WireText> write) => (WireText.Success(write), null);

    private static (byte[] Body, string? Error) Failed(string error) => (WireText.Error(error), error);

    private static bool TryReadCount(IReadOnlyDictionary<string, string> arguments, int most, int fallback, out int count)
    {
        count = fallback;
        return !arguments.TryGetValue("count", out var text)
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count >= 1 && count <= most);
    }

    private void Time(WireText text)
    {
        var now = markets.Now;
        text.Json.WriteStartObject();
        text.Json.WriteNumber("unixtime"u8, now.ToUnixTimeSeconds());
        text.Json.WriteString("rfc1123"u8, WireTime.Rfc1123(now));
        text.Json.WriteEndObject();
    }

    private void SystemStatus(WireText text)
    {
        text.Json.WriteStartObject();
        text.Json.WriteString("status"u8, Status);
        text.Json.WriteString("timestamp"u8, WireTime.Iso(markets.Now));
        text.Json.WriteEndObject();
    }

    private (byte[] Body, string? Error) AssetPairs(IReadOnlyDictionary<string, string> arguments)
    {
        var pairs = markets.Pairs;
        if (arguments.TryGetValue("pair", out var names))
        {
            // One unknown name fails the whole request.
            var asked = names.Split(',').Select(name => pairs.FirstOrDefault(pair => pair.IsCalled(name))).ToArray();
            if (asked.Contains(null))
                return Failed(UnknownPair);
            pairs = [.. asked.OfType<ListedPair>().Distinct()];
        }

        var info = arguments.GetValueOrDefault("info", "info");
        return info is "info" or "leverage" or "fees" or "margin"
            ? Succeeded(text => PairListing.WritePairs(text.Json, pairs, info))
            : Failed(InvalidArguments);
    }

    private async ValueTask<(byte[] Body, string? Error)> TradesAsync(IReadOnlyDictionary<string, string> arguments, ExchangeFault? fault, ulong draw, CancellationToken cancellationToken)
    {
        if (!arguments.TryGetValue("pair", out var name) || !TryReadCount(arguments, TradesMax, TradesMax, out var count))
            return Failed(InvalidArguments);
        if (Find(name) is not { } pair)
            return Failed(UnknownPair);

        long? since = null;
        if (arguments.TryGetValue("since", out var text))
        {
            if (!WireTime.TryReadSince(text, out var nanoseconds))
                return Failed(InvalidArguments);
            since = nanoseconds;
        }

        var first = SinceIsExclusive && since < long.MaxValue ? since + 1 : since;
        var page = new TradesPage(pair, await markets.TradesAsync(pair, first, count, cancellationToken).ConfigureAwait(false), since ?? 0);
        return Succeeded(wire => page.Write(wire, fault, draw));
    }

    private async ValueTask<(byte[] Body, string? Error)> OhlcAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancellationToken)
    {
        if (!arguments.TryGetValue("pair", out var name)
            || !int.TryParse(arguments.GetValueOrDefault("interval", "1"), NumberStyles.None, CultureInfo.InvariantCulture, out var interval)
            || !ListedMarket.Intervals.Contains(interval)
            || !long.TryParse(arguments.GetValueOrDefault("since", "0"), NumberStyles.None, CultureInfo.InvariantCulture, out var since))
            return Failed(InvalidArguments);
        if (Find(name) is not { } pair)
            return Failed(UnknownPair);

        var rows = await markets.OhlcAsync(pair, interval, cancellationToken).ConfigureAwait(false);
        return Succeeded(text => WriteOhlc(text, pair, rows, since));
    }

    private static void WriteOhlc(WireText text, ListedPair pair, OhlcRow[] rows, long since)
    {
        text.Json.WriteStartObject();
        text.Json.WriteStartArray(pair.Key);
        for (var i = 0; i < rows.Length; i++)
        {
            // The open row is there whatever since says. Excluded: by the old documentation only.
            if (rows[i].UnixSeconds <= since && i < rows.Length - 1)
                continue;

            text.Json.WriteStartArray();
            text.Json.WriteNumberValue(rows[i].UnixSeconds);
            text.Whole(rows[i].Open, pair.PairDecimals);
            text.Whole(rows[i].High, pair.PairDecimals);
            text.Whole(rows[i].Low, pair.PairDecimals);
            text.Whole(rows[i].Close, pair.PairDecimals);
            text.Fixed(rows[i].Vwap, pair.PairDecimals);
            text.Whole(rows[i].Volume, pair.LotDecimals);
            text.Json.WriteNumberValue(rows[i].Trades);
            text.Json.WriteEndArray();
        }

        text.Json.WriteEndArray();
        // The last committed row's time; what stands here while there is none is not known.
        text.Json.WriteNumber("last"u8, rows.Length > 1 ? rows[^2].UnixSeconds : 0);
        text.Json.WriteEndObject();
    }

    private async ValueTask<(byte[] Body, string? Error)> DepthAsync(IReadOnlyDictionary<string, string> arguments, CancellationToken cancellationToken)
    {
        if (!arguments.TryGetValue("pair", out var name) || !TryReadCount(arguments, DepthMax, DepthDefault, out var count))
            return Failed(InvalidArguments);
        if (Find(name) is not { } pair)
            return Failed(UnknownPair);

        if (await markets.DepthAsync(pair, count, cancellationToken).ConfigureAwait(false) is not { } depth)
            return Failed(NoBook);

        return Succeeded(text =>
        {
            text.Json.WriteStartObject();
            text.Json.WriteStartObject(pair.Key);
            depth.Write(text, pair);
            text.Json.WriteEndObject();
            text.Json.WriteEndObject();
        });
    }

    private ListedPair? Find(string name) => markets.Pairs.FirstOrDefault(pair => pair.IsCalled(name));
}
