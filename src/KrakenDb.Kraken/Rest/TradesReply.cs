using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The result of <c>Trades</c>. <see href="https://docs.kraken.com/api/docs/rest-api/get-recent-trades"/></summary>
internal static class TradesReply
{
    /// <summary>Rows of one reply at most.</summary>
    public const int RowsMax = 1000;

    public static TradesPage Read(ref Utf8JsonReader reader)
    {
        ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "the trades of a pair");
        var rows = new Rows();
        string? last = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // The key is Kraken's internal name of the pair, whatever the pair was asked by: every key but this one.
            if (reader.ValueTextEquals("last"u8))
            {
                reader.Read();
                last = ReadLast(ref reader);
                continue;
            }

            ReplyReader.Next(ref reader, JsonTokenType.StartArray, "an array of trades");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                rows.Read(ref reader);
            }
        }

        return rows.ToPage(last);
    }

    // Above 2^53: text it stays, quoted or not.
    private static string? ReadLast(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(reader.ValueSpan),
            _ => throw ReplyReader.Shape(ref reader, "last"),
        };
        return text is null || (text.Length is > 0 and <= 19 && !text.AsSpan().ContainsAnyExceptInRange('0', '9')) ? text : throw ReplyReader.Shape(ref reader, "nanoseconds of last");
    }

    private sealed class Rows
    {
        private TradeBatch _batch = new(RowsMax);
        private int _count;
        private int _withoutId;
        private int _rejected;

        // [price, volume, time, side, order type, misc] and, since 2023, the id.
        public void Read(ref Utf8JsonReader reader)
        {
            ReplyReader.Expect(ref reader, JsonTokenType.StartArray, "a trade");
            reader.Read();
            var price = WireNumber.Price(ref reader);
            reader.Read();
            var volume = WireNumber.Volume(ref reader);
            reader.Read();
            var time = WireNumber.Nanoseconds(ref reader);
            ReplyReader.Next(ref reader, JsonTokenType.String, "the side");
            var side = reader.ValueTextEquals("b"u8) ? TradeSide.Buy : reader.ValueTextEquals("s"u8) ? TradeSide.Sell : throw ReplyReader.Shape(ref reader, "b or s");
            ReplyReader.Next(ref reader, JsonTokenType.String, "the order type");
            var orderType = OrderType(ref reader);
            ReplyReader.Next(ref reader, JsonTokenType.String, "misc");
            var misc = reader.ValueSpan.IsEmpty ? "" : reader.GetString()!;
            long id = 0;
            reader.Read();
            if (reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out id))
                {
                    throw ReplyReader.Shape(ref reader, "a trade id");
                }

                // Fields that Kraken adds one day are not ours to refuse.
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    reader.Skip();
                }
            }

            Add(new TradeRow { Id = id, TimestampNanoseconds = time, Price = price, Volume = volume, Side = side, OrderType = orderType, Misc = misc });
        }

        public TradesPage ToPage(string? last)
        {
            var (trades, repeated, conflicting) = TradeMerge.Order(_batch);
            return new TradesPage { Trades = trades, Last = last, Rows = _count, WithoutId = _withoutId, Rejected = _rejected + (int)conflicting, Repeated = (int)repeated };
        }

        private void Add(in TradeRow row)
        {
            _count++;
            if (row.Id <= 0)
            {
                _withoutId++;
            }
            else if (row.Fault() is not null)
            {
                _rejected++;
            }
            else
            {
                if (_batch.Count == _batch.Capacity)
                {
                    var larger = new TradeBatch(_batch.Capacity * 2);
                    foreach (var kept in _batch.Rows())
                    {
                        larger.Add(kept);
                    }

                    _batch = larger;
                }

                _batch.Add(row);
            }
        }

        private static string OrderType(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("l"u8))
            {
                return "limit";
            }

            return reader.ValueTextEquals("m"u8) ? "market" : reader.GetString()!;
        }
    }
}
