using System.Text;
using KrakenDb.Kraken;
using Microsoft.Extensions.Logging.Abstractions;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>A parser and everything that it handed on.</summary>
internal sealed class SeenFrames : IFrameSink
{
    private readonly FrameParser _parser;

    public SeenFrames() => _parser = new FrameParser(Counters, new FeedLog(NullLogger.Instance, TimeProvider.System), new NameTable());

    public FeedCounters Counters { get; } = new();

    /// <summary>Of the message that is read; a minute more is possible.</summary>
    public DateTimeOffset Received { get; set; } = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    public List<(string Symbol, TradeRow Trade, bool IsSnapshot)> Trades { get; } = [];

    public List<string> TradeCalls { get; } = [];

    public List<(string Symbol, Interval Interval, CandleRow Candle, bool IsSnapshot)> Candles { get; } = [];

    public List<(string Symbol, TickerRow Ticker)> Tickers { get; } = [];

    public List<(string Symbol, bool IsSnapshot)> Books { get; } = [];

    public List<Instrument> Instruments { get; } = [];

    public List<(string System, ulong ConnectionId)> Statuses { get; } = [];

    public List<Acknowledgement> Acknowledgements { get; } = [];

    public List<long> ExchangeTimes { get; } = [];

    public SeenFrames Read(params string[] messages)
    {
        foreach (var message in messages)
        {
            Read(Encoding.UTF8.GetBytes(message));
        }

        return this;
    }

    public void Read(ReadOnlySpan<byte> message)
    {
        Counters.Frames++;
        _parser.Parse(message, (UnixTime.Microseconds(Received) + UnixTime.MicrosecondsPerMinute) * 1000, this);
    }

    public void OnStatus(string system, ulong connectionId) => Statuses.Add((system, connectionId));

    public void OnAcknowledged(in Acknowledgement acknowledgement) => Acknowledgements.Add(acknowledgement);

    public void OnTrades(string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot)
    {
        TradeCalls.Add(symbol);
        foreach (var trade in trades)
        {
            Trades.Add((symbol, trade, isSnapshot));
        }
    }

    public void OnCandle(string symbol, Interval interval, in CandleRow candle, bool isSnapshot) => Candles.Add((symbol, interval, candle, isSnapshot));

    public void OnTicker(string symbol, in TickerRow ticker, bool isSnapshot) => Tickers.Add((symbol, ticker));

    public void OnBook(string symbol, bool isSnapshot) => Books.Add((symbol, isSnapshot));

    public void OnInstruments(IReadOnlyList<Instrument> instruments, bool isSnapshot) => Instruments.AddRange(instruments);

    public void OnExchangeTime(long nanoseconds) => ExchangeTimes.Add(nanoseconds);
}
