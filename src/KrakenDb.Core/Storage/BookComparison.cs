using System.Globalization;

namespace KrakenDb;

/// <summary>Compares recorded order books: per session and symbol the count of frames, the sum of their quantities, and a hash of their times and exact bytes.</summary>
/// <param name="source">One side.</param>
/// <param name="destination">The other side.</param>
/// <param name="createWire">Writes the frames that a store keeps as fields alone.</param>
/// <param name="isMerge">Whether it is enough that the destination contains the source.</param>
internal sealed class BookComparison(IBookArchive source, IBookArchive destination, Func<IBookWire> createWire, bool isMerge)
{
    private readonly IBookWire _wire = createWire();
    private byte[] _left = new byte[1024];
    private byte[] _right = new byte[1024];

    public async Task<IReadOnlyList<CopyCheck>> RunAsync(string table, CancellationToken cancellationToken)
    {
        var from = (await BookFrames.SessionsAsync(source, cancellationToken).ConfigureAwait(false)).ToDictionary(rows => rows[0].SessionId);
        var to = (await BookFrames.SessionsAsync(destination, cancellationToken).ConfigureAwait(false)).ToDictionary(rows => rows[0].SessionId);
        var checks = new List<CopyCheck>();

        // What only a merged-into destination holds is none of the source's business.
        foreach (var id in isMerge ? [.. from.Keys] : from.Keys.Union(to.Keys).ToList())
        {
            var left = await DigestAsync(source, from.GetValueOrDefault(id), cancellationToken).ConfigureAwait(false);
            var right = await DigestAsync(destination, to.GetValueOrDefault(id), cancellationToken).ConfigureAwait(false);
            var symbols = left.Keys.Union(right.Keys, StringComparer.Ordinal).Where(symbol => !isMerge || left.ContainsKey(symbol)).Order(StringComparer.Ordinal).ToList();
            var lost = symbols.TrueForAll(symbol => left.GetValueOrDefault(symbol) == right.GetValueOrDefault(symbol)) || !from.TryGetValue(id, out var session)
                ? []
                : await FirstLostAsync(session, cancellationToken).ConfigureAwait(false);
            foreach (var symbol in symbols)
            {
                var (ours, theirs) = (left.GetValueOrDefault(symbol, RowDigest.Empty), right.GetValueOrDefault(symbol, RowDigest.Empty));
                var evidence = lost.GetValueOrDefault(symbol) ?? (isMerge || ours == theirs ? null : "the destination has messages that the source does not have");
                checks.Add(StoreComparison.Check(table, string.Create(CultureInfo.InvariantCulture, $"{id} {symbol}").TrimEnd(), ours, theirs, isMerge, evidence));
            }
        }

        return checks;
    }

    private async Task<Dictionary<string, RowDigest>> DigestAsync(IBookArchive archive, IReadOnlyList<CaptureSession>? session, CancellationToken cancellationToken)
    {
        var digesters = new Dictionary<string, RowDigester>(StringComparer.Ordinal);
        try
        {
            if (session is not null)
            {
                await foreach (var (batch, _, _) in BookFrames.ReadAsync(archive, session, cancellationToken).ConfigureAwait(false))
                {
                    Add(digesters, batch);
                }
            }

            return digesters.ToDictionary(entry => entry.Key, entry => entry.Value.Finish(), StringComparer.Ordinal);
        }
        finally
        {
            foreach (var digester in digesters.Values)
            {
                digester.Dispose();
            }
        }
    }

    private void Add(Dictionary<string, RowDigester> digesters, BookBatch batch)
    {
        foreach (ref readonly var row in batch.Rows)
        {
            var symbol = row.Symbol ?? "";
            if (!digesters.TryGetValue(symbol, out var digester))
            {
                digesters[symbol] = digester = new RowDigester();
            }

            digester.Add(row, batch.Levels(row), batch.Frame(row, _wire, ref _left));
        }
    }

    /// <summary>By symbol, the first message of the source that the destination has otherwise or not at all.</summary>
    private async Task<Dictionary<string, string>> FirstLostAsync(IReadOnlyList<CaptureSession> session, CancellationToken cancellationToken)
    {
        var lost = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var (batch, from, to) in BookFrames.ReadAsync(source, session, cancellationToken).ConfigureAwait(false))
        {
            Compare(batch, await destination.ReadFramesAsync(batch.SessionId, from, to, symbol: null, cancellationToken).ConfigureAwait(false), lost);
        }

        return lost;
    }

    private void Compare(BookBatch ours, BookBatch theirs, Dictionary<string, string> lost)
    {
        var at = 0;
        foreach (ref readonly var row in ours.Rows)
        {
            while (at < theirs.Count && theirs.Rows[at].Sequence < row.Sequence)
            {
                at++;
            }

            var frame = ours.Frame(row, _wire, ref _left);
            var found = at < theirs.Count && theirs.Rows[at].Sequence == row.Sequence;
            if (!found)
            {
                lost.TryAdd(row.Symbol ?? "", string.Create(CultureInfo.InvariantCulture, $"message {row.Sequence} of session {ours.SessionId}: source {Text(frame)}, destination nothing"));
                continue;
            }

            var there = theirs.Rows[at];
            var other = theirs.Frame(there, _wire, ref _right);
            if ((there.ReceivedTime, there.ExchangeTime, there.Kind, there.Verified, there.Symbol) != (row.ReceivedTime, row.ExchangeTime, row.Kind, row.Verified, row.Symbol)
                || !other.SequenceEqual(frame) || !theirs.Levels(there).SequenceEqual(ours.Levels(row)))
            {
                lost.TryAdd(row.Symbol ?? "", string.Create(
                    CultureInfo.InvariantCulture,
                    $"message {row.Sequence} of session {ours.SessionId}: source {row.ReceivedTime} {row.Verified} {Text(frame)}, destination {there.ReceivedTime} {there.Verified} {Text(other)}"));
            }
        }
    }

    private static string Text(ReadOnlySpan<byte> frame) => System.Text.Encoding.UTF8.GetString(frame.Length > 200 ? frame[..200] : frame);
}
