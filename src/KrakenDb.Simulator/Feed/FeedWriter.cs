namespace KrakenDb.Simulator;

/// <summary>The messages of one connection in the order in which they go out: some are held back, some broken into pieces.</summary>
internal sealed class FeedWriter(FeedRecord record, SentLog? log, ulong seed)
{
    private const int LateMessages = 8;
    private const int FragmentedMessages = 20;

    private readonly List<(byte[] Text, string Symbol, IdRange Ids, int Messages, long Due)> _held = [];
    private Xoshiro256 _random = new(seed);
    private int _fragmented;

    public FrameBuffer Buffer { get; } = new();

    /// <summary>Something of what waits is to go out in small pieces.</summary>
    public bool InPieces { get; private set; }

    /// <summary>The next message of a book gets a wrong checksum.</summary>
    public bool WrongChecksum { get; set; }

    public void Fragment() => _fragmented = FragmentedMessages;

    public int PieceLength(int most) => 1 + (int)_random.Below(most);

    public void Begin() => Buffer.Begin();

    /// <summary>The message begun goes out.</summary>
    public void End()
    {
        log?.Add(record.ConnectionId, Buffer.Message);
        record.AddMessage();
        if (_fragmented > 0)
        {
            _fragmented--;
            InPieces = true;
            Buffer.EndInFragments(ref _random);
        }
        else
        {
            Buffer.End();
        }

        if (_held.Count > 0)
            CountDown();
    }

    public void EndTrades(string symbol, IdRange ids, bool twice = false)
    {
        var again = twice ? Buffer.Message.ToArray() : null;
        record.AddSent(symbol, ids);
        End();
        if (again is null)
            return;

        record.AddSent(symbol, ids);
        Send(again);
    }

    /// <summary>The message begun goes out after some others.</summary>
    /// <param name="due">When it goes out at the latest.</param>
    public void HoldTrades(string symbol, IdRange ids, long due, int messages = LateMessages)
    {
        _held.Add((Buffer.Message.ToArray(), symbol, ids, messages, due));
        Buffer.Discard();
    }

    /// <summary>What is held of a symbol, or of all whose time has come.</summary>
    public void Release(string? symbol, long now)
    {
        for (var i = 0; i < _held.Count; i++)
        {
            var held = _held[i];
            if (held.Symbol != symbol && held.Due > now)
                continue;

            _held.RemoveAt(i--);
            record.AddSent(held.Symbol, held.Ids);
            Send(held.Text);
        }
    }

    public void Flushed()
    {
        Buffer.Clear();
        InPieces = false;
    }

    public void Send(ReadOnlySpan<byte> text)
    {
        Begin();
        Buffer.Text(text);
        End();
    }

    private void CountDown()
    {
        for (var i = 0; i < _held.Count; i++)
        {
            var held = _held[i];
            if (held.Messages > 1)
            {
                _held[i] = held with { Messages = held.Messages - 1 };
                continue;
            }

            _held.RemoveAt(i--);
            record.AddSent(held.Symbol, held.Ids);
            Send(held.Text);
            return;
        }
    }
}
