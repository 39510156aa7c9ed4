namespace KrakenDb.DuckDb;

/// <summary>The table <c>external_indicators</c>: a value per name, time and source.</summary>
internal static class IndicatorTable
{
    public static IReadOnlyList<ExternalIndicator> Read(DuckDbSession session, string name, TimeRange range)
    {
        using var result = session.Prepare(
                """
                SELECT timestamp, value, source FROM external_indicators
                WHERE indicator_name = $1 AND timestamp >= $2 AND timestamp < $3
                ORDER BY timestamp, source
                """)
            .Bind(1, name)
            .BindTimestamp(2, range.StartMicroseconds)
            .BindTimestamp(3, range.EndMicroseconds)
            .Query();
        var indicators = new List<ExternalIndicator>();
        while (result.FetchChunk() is { } chunk)
        {
            for (var row = 0; row < chunk.RowCount; row++)
            {
                indicators.Add(new ExternalIndicator
                {
                    Timestamp = UnixTime.ToDateTimeOffset(chunk.Int64(0)[row]),
                    IndicatorName = name,
                    Value = FixedPoint.ToDecimal(chunk.HugeInt(1)[row]),
                    Source = chunk.GetString(2, row),
                });
            }
        }

        return indicators;
    }

    public static int Write(DuckDbSession session, IReadOnlyList<ExternalIndicator> indicators)
    {
        foreach (var indicator in indicators)
        {
            var time = UnixTime.Microseconds(indicator.Timestamp);
            session.Prepare("DELETE FROM external_indicators WHERE indicator_name = $1 AND timestamp = $2 AND source = $3")
                .Bind(1, indicator.IndicatorName).BindTimestamp(2, time).Bind(3, indicator.Source).Execute();
            session.Prepare("INSERT INTO external_indicators VALUES ($1, $2, $3::DECIMAL(28,10), $4)")
                .BindTimestamp(1, time)
                .Bind(2, indicator.IndicatorName)
                .Bind(3, indicator.Value.ToString(System.Globalization.CultureInfo.InvariantCulture))
                .Bind(4, indicator.Source)
                .Execute();
        }

        return indicators.Count;
    }
}
