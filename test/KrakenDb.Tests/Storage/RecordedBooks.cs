using System.Text;
using System.Text.RegularExpressions;
using KrakenDb.Kraken;
using KrakenDb.Tests.Books;

namespace KrakenDb.Tests.Storage;

/// <summary>Recordings around the edge of a policy of 14 days: before it, across it and after it, some of the same market at the same time.</summary>
internal static class RecordedBooks
{
    public const string Symbol = "BTC/USD";
    public const string Second = "SOL/USD";
    public const int KeepDays = 14;

    /// <summary>The recordings that are older than the edge; the other four are not.</summary>
    public static readonly long[] Old = [1, 2];

    public static readonly DateTimeOffset Now = Rows.Start.AddDays(38).AddHours(10);
    public static readonly DateTimeOffset Edge = Rows.Start.AddDays(24);

    // When the first of them begins.
    private static readonly DateTimeOffset First = Rows.Start.AddDays(20);

    public static IReadOnlyList<BookWrite> Writes()
    {
        var (shallow, deep) = (CaptureText.Frames(CaptureText.Names[0]), CaptureText.Frames(CaptureText.Names[1]));
        return
        [
            // Two markets, five subscriptions each, and a wrong checksum in the last.
            Recording(1, shallow, index => First.AddSeconds(index * 2), wrong: 200, Second),
            Recording(2, deep, index => Rows.Start.AddDays(22).AddSeconds(index)),
            Recording(3, shallow, index => Edge.AddSeconds(index - 100)),
            Recording(4, shallow, index => Rows.Start.AddDays(30).AddSeconds(index)),

            // At the time of the first, which it outlasts, but not whole where that is.
            Recording(5, shallow, index => index < 250 ? First.AddSeconds(50 + index) : Edge.AddSeconds(index), wrong: 150),

            // The same to another depth from the middle on, over the whole time of the second.
            Recording(6, [.. shallow, .. deep.Take(1_500)], index => index < 677 ? First.AddSeconds(100 + index) : Edge.AddSeconds(index)),
        ];
    }

    public static async Task FillAsync(IMarketStore store)
    {
        foreach (var write in Writes())
        {
            await BookArchive.Of(store).AppendAsync(write, default);
        }
    }

    /// <summary>An oracle after a run of retention.</summary>
    public static async Task<string> ExpectedAsync()
    {
        await using var oracle = new InMemoryMarketStore(new ManualClock(Now));
        await FillAsync(oracle);
        await ((IMarketStore)oracle).SetRetentionAsync(DataType.Books, KeepDays, default);
        await RetentionRun.RunAsync(oracle, Now, CaptureText.Wire, default);
        return await ContentAsync(oracle);
    }

    /// <summary>All that is stored of order books, as text.</summary>
    public static async Task<string> ContentAsync(IMarketStore store)
    {
        var (archive, lines) = (BookArchive.Of(store), new List<string>());
        foreach (var session in await archive.GetCaptureSessionsAsync(default))
        {
            lines.Add(session.ToString());
            var keyframe = await archive.FindKeyframeAsync(session.SessionId, session.Symbol, long.MaxValue, byExchangeTime: false, long.MaxValue, default);
            lines.Add($"{keyframe?.Sequence} {keyframe?.Checksum}");
        }

        foreach (var id in Writes().Select(write => write.Batch.SessionId))
        {
            lines.AddRange((await FramesAsync(archive, id)).Select(text => $"{id} {text}"));
        }

        lines.AddRange((await archive.GetIncidentsAsync(default)).Select(incident => incident.ToString()));
        foreach (var symbol in (string[])[Symbol, Second])
        {
            foreach (var depth in (int[])[10, 25])
            {
                lines.Add($"{symbol} {depth}: {await store.GetCoverageAsync(symbol, DataType.Book(depth))}");
            }
        }

        return string.Join('\n', lines);
    }

    public static async Task<List<string>> FramesAsync(IBookArchive archive, long session)
    {
        var (batch, wire, buffer, texts) = (await archive.ReadFramesAsync(session, 0, long.MaxValue, symbol: null, default), new KrakenBookWire(), new byte[16], new List<string>());
        for (var index = 0; index < batch.Count; index++)
        {
            texts.Add($"{batch.Rows[index].ReceivedTime} {Encoding.UTF8.GetString(batch.Frame(batch.Rows[index], wire, ref buffer))}");
        }

        return texts;
    }

    private static BookWrite Recording(long session, List<byte[]> frames, Func<int, DateTimeOffset> timeOf, int wrong = -1, string? second = null)
    {
        var recording = new BookRecording(new KrakenBookWire(), session, "test", (ulong)session);
        for (var index = 0; index < frames.Count; index++)
        {
            var time = (UnixTime.Microseconds(timeOf(index)) * 1000) + 7;
            var text = Encoding.UTF8.GetString(frames[index]);
            text = index == wrong ? Regex.Replace(text, "\"checksum\":[0-9]+", "\"checksum\":1", RegexOptions.None, TimeSpan.FromSeconds(1)) : text;
            recording.Add(Encoding.UTF8.GetBytes(text), time);
            if (second is not null)
            {
                recording.Add(Encoding.UTF8.GetBytes(text.Replace(Symbol, second, StringComparison.Ordinal)), time + 1_000_000);
            }
        }

        return recording.Take();
    }
}
