using Npgsql;

namespace KrakenDb.Timescale;

/// <summary>The table <c>external_indicators</c>: a value per name, time and source.</summary>
internal static class IndicatorTable
{
    private const string Upsert =
        """
        INSERT INTO external_indicators (timestamp, indicator_name, value, source)
        SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::numeric[], $4::text[])
        ON CONFLICT (indicator_name, timestamp, source) DO UPDATE SET value = excluded.value
        """;

    // Divided by it, a decimal loses its trailing zeros.
    private const decimal OneWithAllDigits = 1.0000000000000000000000000000m;

    public static async Task<IReadOnlyList<ExternalIndicator>> ReadAsync(NpgsqlConnection connection, string name, TimeRange range, CancellationToken cancellationToken)
    {
        var indicators = new List<ExternalIndicator>();
        var command = new NpgsqlCommand(
            "SELECT timestamp, value, source FROM external_indicators WHERE indicator_name = $1 AND timestamp >= $2 AND timestamp < $3 ORDER BY timestamp, source", connection)
        {
            Parameters = { new() { Value = name }, new() { Value = range.Start.UtcDateTime }, new() { Value = range.End.UtcDateTime } },
        };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    indicators.Add(new ExternalIndicator
                    {
                        Timestamp = new DateTimeOffset(reader.GetDateTime(0)),
                        IndicatorName = name,
                        Value = reader.GetDecimal(1) / OneWithAllDigits,
                        Source = reader.GetString(2),
                    });
                }
            }
        }

        return indicators;
    }

    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<ExternalIndicator> indicators, CancellationToken cancellationToken)
    {
        // One statement must not touch a row twice: the last one counts.
        var last = indicators.GroupBy(indicator => (indicator.IndicatorName, UnixTime.Microseconds(indicator.Timestamp), indicator.Source)).Select(group => group.Last()).ToList();
        var command = new NpgsqlCommand(Upsert, connection)
        {
            Parameters =
            {
                new() { Value = last.ConvertAll(indicator => indicator.Timestamp.UtcDateTime).ToArray() },
                new() { Value = last.ConvertAll(indicator => indicator.IndicatorName).ToArray() },
                new() { Value = last.ConvertAll(indicator => indicator.Value).ToArray() },
                new() { Value = last.ConvertAll(indicator => indicator.Source).ToArray() },
            },
        };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
