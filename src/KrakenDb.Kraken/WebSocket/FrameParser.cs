using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>
/// Reads the messages of WebSocket v2 straight from their bytes. Keys may stand in any order. What a message says is kept until its last byte was read and then
/// handed on: a message that is cut off gives nothing. Does not allocate for trades once its buffers have grown. For one thread at a time.
/// </summary>
internal sealed class FrameParser
{
    private readonly FeedCounters _counters;
    private readonly FeedLog _log;
    private readonly NameTable _names;
    private readonly ElementReader _elements;
    private readonly TradeElements _trades;
    private readonly OhlcElements _candles;
    private readonly TickerElements _tickers;
    private readonly InstrumentElements _instruments;
    private readonly ReplyFields _reply;

    private FrameChannel _channel;
    private bool _isSnapshot;
    private bool _hasType;
    private bool _isReadEnough;
    private string? _bookSymbol;
    private string? _system;
    private ulong _connectionId;

    public FrameParser(FeedCounters counters, FeedLog log, NameTable names)
    {
        _counters = counters;
        _log = log;
        _names = names;
        _elements = new ElementReader(counters, log, names);
        _trades = new TradeElements(_elements);
        _candles = new OhlcElements(_elements);
        _tickers = new TickerElements(_elements);
        _instruments = new InstrumentElements(_elements);
        _reply = new ReplyFields(names);
    }

    /// <summary>Reads one message and hands on what is in it; what <paramref name="sink"/> throws goes through.</summary>
    /// <param name="latest">Times above this (nanoseconds since 1970 UTC) are impossible.</param>
    public void Parse(ReadOnlySpan<byte> message, long latest, IFrameSink sink)
    {
        Clear();
        _elements.Latest = latest;
        try
        {
            Read(message);
        }
        catch (Exception exception) when (exception is JsonException or ReplyShapeException or InvalidOperationException)
        {
            _counters.Malformed++;
            _log.Tell("A message could not be read", exception.Message, message);
            return;
        }

        Deliver(message, sink);
    }

    private void Clear()
    {
        _channel = FrameChannel.None;
        _isSnapshot = false;
        _hasType = false;
        _isReadEnough = false;
        _bookSymbol = null;
        _system = null;
        _connectionId = 0;
        _trades.Clear();
        _candles.Clear();
        _tickers.Clear();
        _instruments.Clear();
        _reply.Clear();
    }

    private void Read(ReadOnlySpan<byte> message)
    {
        var reader = new Utf8JsonReader(message);
        var early = default(Utf8JsonReader);
        var isEarly = false;
        ReplyReader.Next(ref reader, JsonTokenType.StartObject, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("channel"u8))
            {
                reader.Read();
                _channel = FrameChannels.Read(ref reader);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                _hasType = true;
                _isSnapshot = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("snapshot"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                if (_channel == FrameChannel.None)
                {
                    early = reader;
                    isEarly = true;
                    reader.Skip();
                }
                else
                {
                    ReadData(ref reader, message);
                    if (_isReadEnough && _hasType)
                    {
                        // A book's levels are read by whoever keeps the book.
                        return;
                    }

                    while (_isReadEnough && reader.CurrentDepth > 1)
                    {
                        reader.Read();
                    }
                }
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                // Of ohlc; says when the message was made.
                ElementReader.Skip(ref reader);
            }
            else if (!_reply.TryRead(ref reader))
            {
                _elements.Unknown(ref reader, message);
            }
        }

        // On to the end, so that a message which goes on behind its object is noticed.
        while (reader.Read())
        {
        }

        if (isEarly)
        {
            ReadData(ref early, message);
        }

        if (_channel == FrameChannel.None && !_reply.IsReply)
        {
            throw new ReplyShapeException("it has neither a channel nor a method");
        }
    }

    private void ReadData(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        if (_channel == FrameChannel.Instrument)
        {
            _instruments.ReadAll(ref reader, message);
            return;
        }

        if (_channel is FrameChannel.Unknown or FrameChannel.Heartbeat or FrameChannel.None)
        {
            reader.Skip();
            return;
        }

        ReplyReader.Expect(ref reader, JsonTokenType.StartArray, "an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ReplyReader.Expect(ref reader, JsonTokenType.StartObject, "an object");
            switch (_channel)
            {
                case FrameChannel.Trade:
                    _trades.Read(ref reader, message);
                    break;
                case FrameChannel.Ohlc:
                    _candles.Read(ref reader, message);
                    break;
                case FrameChannel.Ticker:
                    _tickers.Read(ref reader, message);
                    break;
                case FrameChannel.Status:
                    ReadStatus(ref reader, message);
                    break;
                default:
                    ReadBookSymbol(ref reader);
                    if (_isReadEnough)
                    {
                        return;
                    }

                    break;
            }
        }
    }

    private void ReadStatus(ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("system"u8))
            {
                reader.Read();
                _system = _names.Read(ref reader);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("connection_id"u8))
            {
                // Above 2^63 at times: no long.
                reader.Read();
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out _connectionId))
                {
                    reader.Skip();
                }
            }
            else if (reader.ValueTextEquals("version"u8) || reader.ValueTextEquals("api_version"u8) || reader.ValueTextEquals("upcoming_maintenance"u8) || reader.ValueTextEquals("emergency"u8))
            {
                ElementReader.Skip(ref reader);
            }
            else
            {
                _elements.Unknown(ref reader, message);
            }
        }
    }

    private void ReadBookSymbol(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSymbol = reader.ValueTextEquals("symbol"u8);
            reader.Read();
            if (isSymbol && _names.Read(ref reader) is { } symbol)
            {
                _bookSymbol = symbol;
                _isReadEnough = true;
                return;
            }

            reader.Skip();
        }
    }

    private void Deliver(ReadOnlySpan<byte> message, IFrameSink sink)
    {
        switch (_channel)
        {
            case FrameChannel.Trade:
                _trades.Deliver(sink, _isSnapshot);
                break;
            case FrameChannel.Ohlc:
                _candles.Deliver(sink, _isSnapshot);
                break;
            case FrameChannel.Ticker:
                _tickers.Deliver(sink, _isSnapshot);
                break;
            case FrameChannel.Book when _bookSymbol is { } symbol:
                sink.OnBook(symbol, _isSnapshot);
                break;
            case FrameChannel.Instrument:
                _instruments.Deliver(sink, _isSnapshot);
                break;
            case FrameChannel.Status when _system is { } system:
                sink.OnStatus(system, _connectionId);
                break;
            case FrameChannel.Unknown:
                _counters.UnknownChannels++;
                _log.Tell("A message of an unknown channel was ignored", "the channel is not one of Kraken's WebSocket v2", message);
                break;
        }

        _reply.Deliver(sink);
    }
}
