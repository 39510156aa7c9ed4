using KrakenDb.Kraken;

namespace KrakenDb.Tests.Kraken.WebSocket;

/// <summary>Counts trades and keeps nothing.</summary>
internal sealed class CountingSink : IFrameSink
{
    public long Trades { get; private set; }

    public void OnTrades(string symbol, ReadOnlySpan<TradeRow> trades, bool isSnapshot) => Trades += trades.Length;

    public void OnStatus(string system, ulong connectionId)
    {
    }

    public void OnAcknowledged(in Acknowledgement acknowledgement)
    {
    }

    public void OnCandle(string symbol, Interval interval, in CandleRow candle, bool isSnapshot)
    {
    }

    public void OnTicker(string symbol, in TickerRow ticker, bool isSnapshot)
    {
    }

    public void OnBook(string symbol, bool isSnapshot)
    {
    }

    public void OnInstruments(IReadOnlyList<Instrument> instruments, bool isSnapshot)
    {
    }

    public void OnExchangeTime(long nanoseconds)
    {
    }
}
