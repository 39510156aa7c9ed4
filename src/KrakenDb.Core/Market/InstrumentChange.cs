using System.Globalization;

namespace KrakenDb;

/// <summary>A property of a market that was found to be another one.</summary>
/// <param name="ChangedAt">When it was noticed, UTC.</param>
/// <param name="Field">The property's name in snake_case; <c>listed</c> for a market that was not known before.</param>
/// <param name="OldValue">Null where there was none.</param>
/// <param name="NewValue">Null where there is none any more.</param>
public sealed record InstrumentChange(string Symbol, DateTimeOffset ChangedAt, string Field, string? OldValue, string? NewValue)
{
    /// <summary>What differs; a market that was known by its names alone becomes known in full without a change.</summary>
    internal static IEnumerable<InstrumentChange> Between(Instrument? old, Instrument now, DateTimeOffset at)
    {
        if (old is null)
        {
            yield return new InstrumentChange(now.Symbol, at, "listed", OldValue: null, now.Altname);
            yield break;
        }

        foreach (var (field, before, after) in Fields(old).Zip(Fields(now), (left, right) => (left.Field, left.Value, right.Value)))
        {
            if (!string.Equals(before, after, StringComparison.Ordinal) && (before is not null || old.RestKey is not null))
            {
                yield return new InstrumentChange(now.Symbol, at, field, before, after);
            }
        }
    }

    private static IEnumerable<(string Field, string? Value)> Fields(Instrument instrument)
    {
        yield return ("altname", instrument.Altname);
        yield return ("rest_key", instrument.RestKey);
        yield return ("ws_name", instrument.WsName);
        yield return ("pair_decimals", instrument.PairDecimals?.ToString(CultureInfo.InvariantCulture));
        yield return ("lot_decimals", instrument.LotDecimals?.ToString(CultureInfo.InvariantCulture));
        yield return ("tick_size", instrument.TickSize?.ToString(CultureInfo.InvariantCulture));
        yield return ("order_min", instrument.OrderMin?.ToString(CultureInfo.InvariantCulture));
        yield return ("cost_min", instrument.CostMin?.ToString(CultureInfo.InvariantCulture));
        yield return ("status", instrument.Status);
    }
}
