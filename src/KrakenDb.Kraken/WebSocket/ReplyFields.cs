using System.Text.Json;

namespace KrakenDb.Kraken;

/// <summary>The fields of an answer to one of our messages: a subscription's, or a pong.</summary>
internal sealed class ReplyFields(NameTable names)
{
    private const int ErrorMax = 300;

    private Method _method;
    private bool? _succeeded;
    private string? _error;
    private string? _symbol;
    private long? _requestId;
    private FrameChannel _channel;
    private int? _parameter;
    private long _time;

    private enum Method
    {
        None,
        Subscribe,
        Unsubscribe,
        Pong,
        Other,
    }

    public bool IsReply => _method != Method.None || _error is not null;

    public void Clear()
    {
        _method = Method.None;
        _succeeded = null;
        _error = null;
        _symbol = null;
        _requestId = null;
        _channel = FrameChannel.None;
        _parameter = null;
        _time = 0;
    }

    /// <summary>Reads a field of an answer; the reader stands on its name.</summary>
    public bool TryRead(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("method"u8))
        {
            reader.Read();
            _method = ReadMethod(ref reader);
        }
        else if (reader.ValueTextEquals("result"u8))
        {
            reader.Read();
            ReadResult(ref reader);
        }
        else if (reader.ValueTextEquals("success"u8))
        {
            reader.Read();
            _succeeded = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("Error"u8))
        {
            // With a capital letter where there were too many messages.
            reader.Read();
            _error = reader.TokenType == JsonTokenType.String && reader.GetString() is { } text ? text[..Math.Min(text.Length, ErrorMax)] : null;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("symbol"u8))
        {
            reader.Read();
            ReadSymbol(ref reader);
        }
        else if (reader.ValueTextEquals("req_id"u8))
        {
            reader.Read();
            _requestId = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) ? id : null;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("time_out"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && WireTime.TryNanoseconds(reader.ValueSpan, out var time))
            {
                _time = time;
            }

            reader.Skip();
        }
        else if (reader.ValueTextEquals("time_in"u8) || reader.ValueTextEquals("warnings"u8))
        {
            ElementReader.Skip(ref reader);
        }
        else
        {
            return false;
        }

        return true;
    }

    public void Deliver(IFrameSink sink)
    {
        if (_time != 0)
        {
            sink.OnExchangeTime(_time);
        }

        if (_method is Method.Subscribe or Method.Unsubscribe || (_method == Method.None && _error is not null))
        {
            sink.OnAcknowledged(new Acknowledgement
            {
                IsUnsubscribe = _method == Method.Unsubscribe,
                Succeeded = _succeeded ?? _error is null,
                RequestId = _requestId,
                Channel = _channel,
                Symbol = _symbol,
                Parameter = _parameter,
                Error = _error,
            });
        }
    }

    private static Method ReadMethod(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return Method.Other;
        }

        if (reader.ValueTextEquals("subscribe"u8))
        {
            return Method.Subscribe;
        }

        if (reader.ValueTextEquals("unsubscribe"u8))
        {
            return Method.Unsubscribe;
        }

        return reader.ValueTextEquals("pong"u8) ? Method.Pong : Method.Other;
    }

    // What else stands in a result (snapshot, event_trigger, warnings and whatever comes) says nothing that we act on.
    private void ReadResult(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("channel"u8))
            {
                reader.Read();
                _channel = FrameChannels.Read(ref reader);
            }
            else if (reader.ValueTextEquals("symbol"u8))
            {
                reader.Read();
                ReadSymbol(ref reader);
            }
            else if (reader.ValueTextEquals("interval"u8) || reader.ValueTextEquals("depth"u8))
            {
                reader.Read();
                _parameter = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : null;
                reader.Skip();
            }
            else
            {
                ElementReader.Skip(ref reader);
            }
        }
    }

    private void ReadSymbol(ref Utf8JsonReader reader)
    {
        _symbol = names.Read(ref reader);
        reader.Skip();
    }
}
