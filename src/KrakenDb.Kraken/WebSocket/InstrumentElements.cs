using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>
/// The markets of one frame, kept until the whole frame has been read: <c>data</c> is an object here, with <c>assets</c> and <c>pairs</c>, and either may be
/// missing or empty. <see href="https://docs.kraken.com/api/docs/websocket-v2/instrument"/>
/// </summary>
internal sealed class InstrumentElements(ElementReader elements)
{
    private List<Instrument>? _instruments;

    public void Clear() => _instruments = null;

    /// <summary>The reader stands on the first token of <c>data</c>, and on its last afterwards.</summary>
    public void ReadAll(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the object of assets and pairs");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("pairs"u8))
            {
                ReplyReader.Next(ref reader, JsonTokenType.StartArray, "an array of pairs");
                _instruments ??= [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "a pair");
                    ReadPair(ref reader, message);
                }
            }
            else if (reader.ValueTextEquals("assets"u8))
            {
                ElementReader.Skip(ref reader);
            }
            else
            {
                elements.Unknown(ref reader, message);
            }
        }
    }

    public void Deliver(IFrameSink sink, bool isSnapshot)
    {
        if (_instruments is { Count: > 0 } instruments)
        {
            sink.OnInstruments(instruments, isSnapshot);
        }
    }

    private void ReadPair(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        elements.Begin();
        string? symbol = null;
        string? status = null;
        int? priceDecimals = null, volumeDecimals = null;
        decimal? tick = null, orderMin = null, costMin = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("symbol"u8))
            {
                reader.Read();
                symbol = elements.Name(ref reader, "it has no symbol");
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                reader.Read();
                status = elements.Name(ref reader, "the status is no text");
            }
            else if (reader.ValueTextEquals("price_precision"u8))
            {
                reader.Read();
                priceDecimals = Decimals(ref reader);
            }
            else if (reader.ValueTextEquals("qty_precision"u8))
            {
                reader.Read();
                volumeDecimals = Decimals(ref reader);
            }
            else if (reader.ValueTextEquals("price_increment"u8))
            {
                reader.Read();
                tick = Number(ref reader);
            }
            else if (reader.ValueTextEquals("qty_min"u8))
            {
                reader.Read();
                orderMin = Number(ref reader);
            }
            else if (reader.ValueTextEquals("cost_min"u8))
            {
                // A text in the documents, a number on the wire.
                reader.Read();
                costMin = Number(ref reader);
            }
            else if (IsKnown(ref reader))
            {
                ElementReader.Skip(ref reader);
            }
            else
            {
                elements.Unknown(ref reader, message);
            }
        }

        // Tokenized shares (AAPLx/USD) have names of their own kind and are not asked for.
        if (symbol is null || !SymbolSpellings.IsSymbol(symbol))
        {
            elements.Reject($"'{symbol}' is no symbol");
        }

        if (elements.End(message, "market"))
        {
            _instruments!.Add(new Instrument
            {
                Symbol = symbol!,
                Altname = SymbolSpellings.AltnameOf(symbol!),
                PairDecimals = priceDecimals,
                LotDecimals = volumeDecimals,
                TickSize = tick,
                OrderMin = orderMin,
                CostMin = costMin,
                Status = status,
            });
        }
    }

    private static bool IsKnown(ref Utf8JsonReader reader) => reader.ValueTextEquals("base"u8) || reader.ValueTextEquals("quote"u8) || reader.ValueTextEquals("cost_precision"u8)
        || reader.ValueTextEquals("tick_size"u8) || reader.ValueTextEquals("qty_increment"u8) || reader.ValueTextEquals("marginable"u8) || reader.ValueTextEquals("has_index"u8)
        || reader.ValueTextEquals("margin_initial"u8) || reader.ValueTextEquals("position_limit_long"u8) || reader.ValueTextEquals("position_limit_short"u8);

    private int? Decimals(ref Utf8JsonReader reader)
    {
        var number = elements.Whole(ref reader, "a number of decimals is no whole number");
        return number is >= 0 and <= 28 ? (int)number : null;
    }

    private decimal? Number(ref Utf8JsonReader reader)
    {
        if (!WireNumber.TryScaled(ref reader, out var scaled, out var rounded) || scaled < 0 || scaled >= FixedPoint.VolumeLimit)
        {
            elements.Reject("a number of the market is none");
            return null;
        }

        elements.Counters.Rounded += rounded ? 1 : 0;
        return FixedPoint.ToDecimal(scaled);
    }
}
