using System.Diagnostics.Metrics;

namespace KrakenDb;

/// <summary>The counters of a recording as <c>System.Diagnostics.Metrics</c>, meter <c>KrakenDb</c>. They are read when somebody asks and cost nothing else.</summary>
internal sealed class LiveMetrics : IDisposable
{
    public const string MeterName = "KrakenDb";

    private readonly Meter _meter = new(MeterName);

    public LiveMetrics(LiveCollector collector, DatabaseWriter writer)
    {
        _meter.CreateObservableCounter("krakendb.trades.received", () => collector.Received, "{trade}", "Trades that the live feed brought.");
        _meter.CreateObservableCounter("krakendb.trades.stored", () => writer.GetStats().TradesWritten, "{trade}", "Trades that were not stored before.");
        _meter.CreateObservableCounter("krakendb.trades.duplicate", () => writer.GetStats().Duplicates, "{trade}", "Trades that were stored already.");
        _meter.CreateObservableCounter("krakendb.candles.stored", () => writer.GetStats().CandlesWritten, "{candle}", "Candles of the exchange that were not stored before.");
        _meter.CreateObservableCounter("krakendb.records.rejected", () => writer.GetStats().Rejected, "{record}", "Records that could not be true or that the store refused.");
        _meter.CreateObservableCounter("krakendb.records.dropped", () => writer.GetStats().Dropped, "{record}", "Records without room in memory and journal; they stay gaps until they are fetched again.");
        _meter.CreateObservableCounter("krakendb.flush.errors", () => writer.GetStats().ErrorCount, "{flush}", "Flushes that failed and were tried again.");
        _meter.CreateObservableCounter("krakendb.reconnects", () => collector.Reconnects, "{connection}", "Connections after the first.");
        _meter.CreateObservableGauge("krakendb.queue.trades", () => writer.GetStats().TradeBufferSize, "{trade}", "Trades in memory that are not stored yet.");
        _meter.CreateObservableGauge("krakendb.journal.size", () => writer.GetStats().JournalBytes, "By", "Size of the journal on disk.");
        _meter.CreateObservableGauge("krakendb.lag", () => Lags(collector), "ms", "Receipt minus exchange time of each symbol's newest trade.");
        _meter.CreateObservableGauge("krakendb.gaps", () => Gaps(collector), "{gap}", "Stretches of trade ids that have not come.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Lags(LiveCollector collector) => collector.GetStatus()
        .Where(symbol => symbol.Lag is not null)
        .Select(symbol => new Measurement<long>(symbol.Lag!.Value.Ticks / TimeSpan.TicksPerMillisecond, new KeyValuePair<string, object?>("symbol", symbol.Symbol)));

    private static IEnumerable<Measurement<int>> Gaps(LiveCollector collector) => collector.GetStatus()
        .Select(symbol => new Measurement<int>(symbol.Gaps, new KeyValuePair<string, object?>("symbol", symbol.Symbol)));
}
