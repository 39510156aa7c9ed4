using System.Globalization;
using System.Text.Json;

namespace KrakenDb.Simulator;

/// <summary>The objects of AssetPairs and Assets.</summary>
internal static class PairListing
{
    /// <summary>Traded volume in US dollars, then percent in thousandths: of takers, of makers. Kraken's table of 2025.</summary>
    private static readonly (int Volume, int Taker, int Maker)[] Fees =
    [
        (0, 400, 250), (10_000, 350, 200), (50_000, 240, 140), (100_000, 220, 120), (250_000, 200, 100),
        (500_000, 180, 80), (1_000_000, 160, 60), (2_500_000, 140, 40), (5_000_000, 120, 20), (10_000_000, 100, 0),
    ];

    /// <param name="json">Gets one object with the pairs under their keys.</param>
    /// <param name="pairs">In the order of the reply.</param>
    /// <param name="info"><c>info</c> for everything, or <c>leverage</c>, <c>fees</c>, <c>margin</c>.</param>
    public static void WritePairs(Utf8JsonWriter json, IEnumerable<ListedPair> pairs, string info)
    {
        json.WriteStartObject();
        foreach (var pair in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(pair.Key);
            if (info == "info")
                WriteNames(json, pair);
            if (info is "info" or "leverage")
                WriteLeverage(json, pair);
            if (info is "info" or "fees")
                WriteFees(json);
            if (info is "info" or "margin")
            {
                json.WriteNumber("margin_call"u8, 80);
                json.WriteNumber("margin_stop"u8, 40);
            }

            if (info == "info")
                WriteLimits(json, pair);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteAssets(Utf8JsonWriter json, IEnumerable<ListedPair> pairs)
    {
        json.WriteStartObject();
        var assets = pairs.SelectMany(pair => pair.WsName.Split('/').Zip([pair.Base, pair.Quote]));
        foreach (var (code, asset) in assets.Distinct().OrderBy(entry => entry.Second, StringComparer.Ordinal))
        {
            var isMoney = asset[0] == 'Z';
            json.WriteStartObject(asset);
            json.WriteString("aclass"u8, "currency"u8);
            json.WriteString("altname"u8, code);
            json.WriteNumber("decimals"u8, isMoney ? 4 : 10);
            json.WriteNumber("display_decimals"u8, isMoney ? 2 : 5);
            json.WriteString("status"u8, "enabled"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, ListedPair pair)
    {
        json.WriteString("altname"u8, pair.Altname);
        json.WriteString("wsname"u8, pair.WsName);
        json.WriteString("aclass_base"u8, "currency"u8);
        json.WriteString("base"u8, pair.Base);
        json.WriteString("aclass_quote"u8, "currency"u8);
        json.WriteString("quote"u8, pair.Quote);
        json.WriteString("lot"u8, "unit"u8);
        json.WriteNumber("cost_decimals"u8, 5);
        json.WriteNumber("pair_decimals"u8, pair.PairDecimals);
        json.WriteNumber("lot_decimals"u8, pair.LotDecimals);
        json.WriteNumber("lot_multiplier"u8, 1);
    }

    private static void WriteLeverage(Utf8JsonWriter json, ListedPair pair)
    {
        // Only old coins can be borrowed here: both shapes occur.
        var most = IsMarginable(pair) ? 5 : 1;
        foreach (var name in new[] { "leverage_buy", "leverage_sell" })
        {
            json.WriteStartArray(name);
            for (var leverage = 2; leverage <= most; leverage++)
                json.WriteNumberValue(leverage);
            json.WriteEndArray();
        }
    }

    private static void WriteFees(Utf8JsonWriter json)
    {
        WriteFees(json, "fees", fee => fee.Taker);
        WriteFees(json, "fees_maker", fee => fee.Maker);
        json.WriteString("fee_volume_currency"u8, "ZUSD"u8);
    }

    private static void WriteFees(Utf8JsonWriter json, string name, Func<(int Volume, int Taker, int Maker), int> thousandths)
    {
        json.WriteStartArray(name);
        foreach (var fee in Fees)
        {
            json.WriteStartArray();
            json.WriteNumberValue(fee.Volume);
            json.WriteNumberValue(thousandths(fee) / 1_000m);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteLimits(Utf8JsonWriter json, ListedPair pair)
    {
        json.WriteString("ordermin"u8, Plain(pair.OrderMin));
        json.WriteString("costmin"u8, "0.5"u8);
        json.WriteString("tick_size"u8, Plain(Scale.Step(pair.PairDecimals)));
        json.WriteString("status"u8, "online"u8);
        if (IsMarginable(pair))
        {
            json.WriteNumber("long_position_limit"u8, 80);
            json.WriteNumber("short_position_limit"u8, 80);
        }

        json.WriteString("execution_venue"u8, "international"u8);
    }

    public static bool IsMarginable(ListedPair pair) => pair.Base[0] == 'X' && pair.Quote[0] == 'Z';

    /// <summary>Without needless zeros: <c>0.00005</c>, <c>20</c>.</summary>
    private static string Plain(long scaled) => ((decimal)scaled / Scale.One).ToString("0.##########", CultureInfo.InvariantCulture);
}
