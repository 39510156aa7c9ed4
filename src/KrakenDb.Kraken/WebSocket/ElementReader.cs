using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>
/// Reads the fields of one element of a frame. Nothing here throws for a wrong value: an element that cannot be is counted with its reason, and the rest of the
/// frame stays. Only what is no JSON throws.
/// </summary>
internal sealed class ElementReader(FeedCounters counters, FeedLog log, NameTable names)
{
    /// <summary>2011-01-01 UTC: Kraken's first trades are later.</summary>
    private const long Earliest = 1_293_840_000_000_000_000;

    /// <summary>Why the element that is read now cannot be used; the first reason stays.</summary>
    public string? Fault { get; private set; }

    /// <summary>Times above this (nanoseconds) lie in the future.</summary>
    public long Latest { get; set; }

    public NameTable Names => names;

    public FeedCounters Counters => counters;

    public void Begin() => Fault = null;

    public void Reject(string reason) => Fault ??= reason;

    /// <summary>Ends the element: counts it where it cannot be used.</summary>
    /// <returns>Whether it can.</returns>
    public bool End(ReadOnlySpan<byte> message, string what)
    {
        if (Fault is null)
        {
            return true;
        }

        counters.Rejected++;
        log.Tell($"A {what} was rejected", Fault, message);
        return false;
    }

    public string? Name(ref Utf8JsonReader reader, string fault)
    {
        var name = names.Read(ref reader);
        if (name is null)
        {
            reader.Skip();
            Reject(fault);
        }

        return name;
    }

    public long Price(ref Utf8JsonReader reader, string fault)
    {
        if (!WireNumber.TryPrice(ref reader, out var price, out var rounded))
        {
            Reject(fault);
        }

        counters.Rounded += rounded ? 1 : 0;
        return price;
    }

    public Int128 Volume(ref Utf8JsonReader reader, string fault)
    {
        if (!WireNumber.TryScaled(ref reader, out var volume, out var rounded))
        {
            Reject(fault);
        }

        counters.Rounded += rounded ? 1 : 0;
        return volume;
    }

    /// <summary>A whole number; also one that is printed as <c>15.0</c> or <c>1E1</c>.</summary>
    public long Whole(ref Utf8JsonReader reader, string fault)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
        {
            return number;
        }

        if (WireNumber.TryScaled(ref reader, out var scaled, out var rounded) && !rounded && scaled % FixedPoint.One == 0 && Int128.Abs(scaled / FixedPoint.One) <= long.MaxValue)
        {
            return (long)(scaled / FixedPoint.One);
        }

        Reject(fault);
        return 0;
    }

    /// <summary>Nanoseconds since 1970 UTC, from 2011 to a minute ahead.</summary>
    public long Time(ref Utf8JsonReader reader, string fault)
    {
        if (reader.TokenType != JsonTokenType.String || !WireTime.TryNanoseconds(reader.ValueSpan, out var nanoseconds))
        {
            reader.Skip();
            Reject(fault);
            return 0;
        }

        if (nanoseconds < Earliest)
        {
            Reject("the time lies before 2011");
        }
        else if (nanoseconds > Latest)
        {
            Reject("the time lies more than a minute in the future");
        }

        return nanoseconds;
    }

    /// <summary>Skips a field that nobody here knows; the reader stands on its name.</summary>
    public void Unknown(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        counters.UnknownFields++;
        log.Tell("An unknown field was ignored", "byte " + reader.TokenStartIndex.ToString(System.Globalization.CultureInfo.InvariantCulture), message);
        reader.Read();
        reader.Skip();
    }

    /// <summary>Skips a field that is known and of no use; the reader stands on its name.</summary>
    public static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
