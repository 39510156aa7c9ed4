namespace KrakenDb;

/// <summary>Which frames of a write are new, and what the session's rows say after it: the same for every engine.</summary>
/// <param name="FirstRow">Index of the first frame that is not stored.</param>
/// <param name="Sessions">Rows of <c>capture_sessions</c> that change.</param>
/// <param name="Keyframes">Those of new frames.</param>
/// <param name="Incidents">Those of new frames.</param>
internal sealed record BookAppendPlan(int FirstRow, IReadOnlyList<CaptureSession> Sessions, IReadOnlyList<BookKeyframe> Keyframes, IReadOnlyList<BookIncident> Incidents)
{
    /// <param name="write">Its rows ascend in sequence.</param>
    /// <param name="stored">The session's rows of <c>capture_sessions</c>.</param>
    /// <exception cref="ArgumentException">The rows do not ascend in sequence.</exception>
    public static BookAppendPlan Of(BookWrite write, IReadOnlyCollection<CaptureSession> stored)
    {
        var rows = write.Batch.Rows;
        for (var index = 1; index < rows.Length; index++)
        {
            if (rows[index].Sequence <= rows[index - 1].Sequence)
            {
                throw new ArgumentException($"Frames of one write must ascend in sequence: {rows[index].Sequence} comes after {rows[index - 1].Sequence}.", nameof(write));
            }
        }

        var last = stored.Count > 0 ? stored.Max(session => session.LastSequence) : -1;
        var first = 0;
        while (first < rows.Length && rows[first].Sequence <= last)
        {
            first++;
        }

        var sessions = stored.ToDictionary(session => session.Symbol, session => new Tally(session), StringComparer.Ordinal);
        foreach (ref readonly var row in rows[first..])
        {
            var symbol = row.Symbol ?? "";
            if (!sessions.TryGetValue(symbol, out var tally))
            {
                sessions[symbol] = tally = new Tally(new CaptureSession
                {
                    SessionId = write.Batch.SessionId,
                    Symbol = symbol,
                    ConnectionId = write.ConnectionId,
                    Source = write.Source,
                    StartTime = Time(row.ReceivedTime),
                    EndTime = Time(row.ReceivedTime),
                    FirstSequence = row.Sequence,
                });
            }

            tally.Add(row, write.Batch.Levels(row));
        }

        return new BookAppendPlan(
            first,
            [.. sessions.Where(entry => entry.Value.IsChanged).Select(entry => entry.Value.Session(write.Depths.TryGetValue(entry.Key, out var depth) ? depth : null)).OrderBy(session => session.Symbol, StringComparer.Ordinal)],
            [.. write.Keyframes.Where(keyframe => keyframe.Sequence > last)],
            [.. write.Incidents.Where(incident => incident.Sequence > last)]);
    }

    private static DateTimeOffset Time(long nanoseconds) => UnixTime.ToDateTimeOffset(HistoricalTrade.FloorDivide(nanoseconds, 1000));

    private sealed class Tally(CaptureSession before)
    {
        private long _messages;
        private long _bookMessages;
        private long _verified;
        private long _levels;
        private long _lastSequence;
        private long _lastTime;
        private byte _priceDecimals;
        private byte _quantityDecimals;

        public bool IsChanged => _messages > 0;

        public void Add(BookMessageRow row, ReadOnlySpan<WireLevel> levels)
        {
            _messages++;
            _bookMessages += row.Kind is BookFrameKind.Snapshot or BookFrameKind.Update ? 1 : 0;
            _verified += row.Verified == true ? 1 : 0;
            _levels += levels.Length;
            _lastSequence = row.Sequence;
            _lastTime = Math.Max(_lastTime, row.ReceivedTime);
            foreach (ref readonly var level in levels)
            {
                _priceDecimals = Math.Max(_priceDecimals, level.PriceDecimals);
                _quantityDecimals = Math.Max(_quantityDecimals, level.QuantityDecimals);
            }
        }

        public CaptureSession Session(int? depth) => before with
        {
            Depth = depth ?? before.Depth,
            PricePrecision = Math.Max(before.PricePrecision, _priceDecimals),
            QuantityPrecision = Math.Max(before.QuantityPrecision, _quantityDecimals),
            EndTime = Time(_lastTime) is var time && time > before.EndTime ? time : before.EndTime,
            LastSequence = _lastSequence,
            Messages = before.Messages + _messages,
            BookMessages = before.BookMessages + _bookMessages,
            Verified = before.Verified + _verified,
            LevelChanges = before.LevelChanges + _levels,
        };
    }
}
