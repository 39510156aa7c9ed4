using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace KrakenDb;

/// <summary>Keeps what cannot be stored, with the reason, in <c>rejected.csv</c>; logs once a minute at most. Safe for several threads.</summary>
/// <param name="directory">Null: only counted and logged.</param>
internal sealed partial class RejectedRecords(string? directory, TimeProvider timeProvider, ILogger logger)
{
    public const string FileName = "rejected.csv";

    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _count;
    private long _logged;
    private DateTimeOffset _nextLog = DateTimeOffset.MinValue;

    public long Count => Interlocked.Read(ref _count);

    public void Add(string symbol, in TradeRow trade, string reason) => Add(
        symbol,
        "trade",
        string.Create(CultureInfo.InvariantCulture, $"{trade.Id},{trade.TimestampNanoseconds},{FixedPoint.ToText(trade.Price)},{FixedPoint.ToText(trade.Volume)},{(trade.Side == TradeSide.Buy ? "buy" : "sell")},{trade.OrderType},{trade.Misc}"),
        reason);

    public void Add(string symbol, Interval interval, in CandleRow candle, string reason) =>
        Add(symbol, DataType.Candles(interval), string.Create(CultureInfo.InvariantCulture, $"{candle.Timestamp},{candle.ToText()}"), reason);

    /// <param name="symbol">As it came.</param>
    /// <param name="kind"><c>trade</c>, <c>candles_1m</c>, …</param>
    /// <param name="record">Its values.</param>
    /// <param name="reason">Why.</param>
    public void Add(string symbol, string kind, string record, string reason)
    {
        lock (_lock)
        {
            _count++;
            var now = timeProvider.GetUtcNow();
            if (now >= _nextLog)
            {
                LogRejected(logger, _count - _logged, kind, symbol, reason, record);
                (_nextLog, _logged) = (now + LogEvery, _count);
            }

            if (directory is null)
            {
                return;
            }

            try
            {
                Directory.CreateDirectory(directory);
                var path = Path.Combine(directory, FileName);
                var header = File.Exists(path) ? "" : "received,symbol,kind,reason,record\n";
                File.AppendAllText(path, string.Create(CultureInfo.InvariantCulture, $"{header}{now:yyyy-MM-dd'T'HH:mm:ss.fff'Z'},{Quoted(symbol)},{kind},{Quoted(reason)},{Quoted(record)}\n"), Encoding.UTF8);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogNotKept(logger, directory, exception.Message);
            }
        }
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} records rejected since the last message; the newest, {Kind} of {Symbol}: {Reason} ({Record})")]
    private static partial void LogRejected(ILogger logger, long count, string kind, string symbol, string reason, string record);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A rejected record could not be kept in {Directory}: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string directory, string reason);
}
