using System.Text;
using KrakenDb.Kraken;

namespace KrakenDb.Tests.Kraken;

/// <summary>CSV text of tests, and what a store holds after its import.</summary>
internal static class CsvText
{
    /// <summary>2024-01-01 00:00 UTC.</summary>
    public const long Start = 1_704_067_200;

    public static string Row(int minute, string open = "100.0", string high = "102.0", string low = "99.0", string close = "101.0", string volume = "1.5", string trades = "3") =>
        $"{Start + (minute * 60L)},{open},{high},{low},{close},{volume},{trades}";

    public static string Rows(params int[] minutes) => string.Concat(minutes.Select(minute => Row(minute) + "\n"));

    public static string Write(TemporaryFolder folder, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllText(folder[name], text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return folder[name];
    }

    public static LineBlocks Blocks(ReadOnlySpan<byte> text, int chunk = int.MaxValue) => new("test.csv", new ChunkedStream(text.ToArray(), chunk), position: 0, length: null);

    /// <summary>What an import would write, piece after piece.</summary>
    public static List<ImportPiece> Pieces(IImportPieces pieces, CancellationToken cancellationToken)
    {
        var all = new List<ImportPiece>();
        do
        {
            all.Add(pieces.Next(cancellationToken));
        }
        while (!all[^1].IsLast);

        return all;
    }

    /// <summary>Everything that an import can change, as text to compare.</summary>
    public static async Task<string> DumpAsync(IMarketStore store, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var status in await store.GetSyncStatusAsync(cancellationToken: cancellationToken))
        {
            var from = await store.GetWantedFromAsync(status.Symbol, cancellationToken);
            text.AppendLine(FormattableString.Invariant($"{status.Symbol} {status.DataType} {status.TotalRecords} {status.OldestTimestamp:O} {status.NewestTimestamp:O} from {from:O}"));
            foreach (var range in await store.GetCoverageAsync(status.Symbol, status.DataType, cancellationToken))
            {
                text.AppendLine(FormattableString.Invariant($"  {range.Range} {range.Source} {range.Grade} {range.FirstTradeId} {range.LastTradeId}"));
            }

            var all = new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            if (DataType.CandleInterval(status.DataType) is { } interval)
            {
                using var candles = await store.ReadCandlesAsync(status.Symbol, interval, interval, all, cancellationToken);
                foreach (var row in candles.Rows())
                {
                    text.AppendLine(FormattableString.Invariant($"  {row.Timestamp} {row.Source} {row.ToText()}"));
                }
            }
            else
            {
                var trades = await store.ReadTradesAsync(status.Symbol, all, afterId: 0, int.MaxValue, cancellationToken);
                foreach (var row in trades.Rows())
                {
                    text.AppendLine(FormattableString.Invariant($"  {row}"));
                }
            }
        }

        return text.ToString();
    }

    /// <summary>The covered ranges of a data type in minutes since <see cref="Start"/>: <c>0-5 7-9</c>.</summary>
    public static async Task<string> CoveredAsync(IMarketStore store, string symbol, string dataType, CancellationToken cancellationToken)
    {
        var coverage = await store.GetCoverageAsync(symbol, dataType, cancellationToken);
        return string.Join(' ', coverage.Stored().Select(range => FormattableString.Invariant($"{Minute(range.StartMicroseconds)}-{Minute(range.EndMicroseconds)}")));

        static decimal Minute(long microseconds) => ((microseconds / 1_000_000m) - Start) / 60;
    }

    private sealed class ChunkedStream(byte[] content, int chunk) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));
    }
}
