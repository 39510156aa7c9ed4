using System.Globalization;
using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The result of <c>AssetPairs</c>. <see href="https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs"/></summary>
internal static class AssetPairsReply
{
    /// <summary>Every pair that has a name on the WebSocket; the dark pools of 2021 (<c>XETHXXBT.d</c>) had none, and no public trades.</summary>
    public static IReadOnlyList<Instrument> Read(ref Utf8JsonReader reader)
    {
        var instruments = new List<Instrument>();
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the pairs");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            ReplyReader.Next(ref reader, JsonTokenType.StartObject, "a pair");
            if (ReadPair(ref reader, key) is { } instrument)
            {
                instruments.Add(instrument);
            }
        }

        return instruments;
    }

    private static Instrument? ReadPair(ref Utf8JsonReader reader, string key)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                texts[name] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : System.Text.Encoding.ASCII.GetString(reader.ValueSpan);
            }
            else
            {
                reader.Skip();
            }
        }

        if (!texts.TryGetValue("altname", out var altname))
        {
            throw new ReplyShapeException($"the pair {key} has no altname");
        }

        return texts.TryGetValue("wsname", out var wsName) && SymbolSpellings.FromWsName(wsName) is { } symbol && SymbolSpellings.IsAltname(altname)
            ? new Instrument
            {
                Symbol = symbol,
                Altname = altname,
                RestKey = key,
                WsName = wsName,
                PairDecimals = Whole(texts, "pair_decimals"),
                LotDecimals = Whole(texts, "lot_decimals"),
                TickSize = Number(texts, "tick_size"),
                OrderMin = Number(texts, "ordermin"),
                CostMin = Number(texts, "costmin"),
                Status = texts.GetValueOrDefault("status"),
            }
            : null;
    }

    private static int? Whole(Dictionary<string, string> texts, string name) =>
        texts.TryGetValue(name, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static decimal? Number(Dictionary<string, string> texts, string name) =>
        texts.TryGetValue(name, out var text) && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            ? number / 1.0000000000000000000000000000m
            : null;
}
