using System.Runtime.CompilerServices;

namespace KrakenDb;

/// <summary>Several streams of a replay as one, by time; each in blocks, so that nothing is awaited for a single item.</summary>
internal static class BookReplayMerge
{
    public static async IAsyncEnumerable<ReadOnlyMemory<BookReplayItem>> ReadAsync(
        IReadOnlyList<IAsyncEnumerator<ReadOnlyMemory<BookReplayItem>>> streams, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parts = new List<Part>(streams.Count);
        foreach (var stream in streams)
        {
            var part = new Part(stream);
            if (await part.MoveNextAsync().ConfigureAwait(false))
            {
                parts.Add(part);
            }
        }

        while (parts.Count > 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var items = new List<BookReplayItem>(BookSessionReplay.BlockItems);
            var empty = Merge(parts, items);
            yield return items.ToArray();
            if (!await empty.MoveNextAsync().ConfigureAwait(false))
            {
                parts.Remove(empty);
            }
        }

        while (parts.Count == 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return parts[0].Rest;
            if (!await parts[0].MoveNextAsync().ConfigureAwait(false))
            {
                parts.Clear();
            }
        }
    }

    // Until one has no more: what comes next there is not known.
    private static Part Merge(List<Part> parts, List<BookReplayItem> items)
    {
        while (true)
        {
            var first = parts[0];
            foreach (var part in parts)
            {
                if (part.Time < first.Time)
                {
                    first = part;
                }
            }

            items.Add(first.Take());
            if (first.Rest.IsEmpty)
            {
                return first;
            }
        }
    }

    private sealed class Part(IAsyncEnumerator<ReadOnlyMemory<BookReplayItem>> stream)
    {
        public ReadOnlyMemory<BookReplayItem> Rest { get; private set; }

        public long Time { get; private set; }

        public async ValueTask<bool> MoveNextAsync()
        {
            if (!await stream.MoveNextAsync().ConfigureAwait(false))
            {
                return false;
            }

            Rest = stream.Current;
            Time = Rest.Span[0].Nanoseconds;
            return true;
        }

        public BookReplayItem Take()
        {
            var item = Rest.Span[0];
            Rest = Rest[1..];
            Time = Rest.IsEmpty ? long.MaxValue : Rest.Span[0].Nanoseconds;
            return item;
        }
    }
}
