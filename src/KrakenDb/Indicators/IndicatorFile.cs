using System.Globalization;

namespace KrakenDb;

/// <summary>CSV files of external indicators: a header with <c>timestamp</c> and <c>value</c>, and <c>indicator_name</c> and <c>source</c> where the caller does not give them.</summary>
public static class IndicatorFile
{
    private const decimal Limit = 1_000_000_000_000_000_000m;

    private static readonly string[] TimeFormats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd' 'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>All rows, or none: a file with a line that cannot be read is refused.</summary>
    /// <param name="path">The file.</param>
    /// <param name="indicatorName">For files without that column; null otherwise.</param>
    /// <param name="source">For files without that column; null for the file's name.</param>
    /// <param name="cancellationToken"></param>
    /// <exception cref="ImportException">The line, and what is wrong with it.</exception>
    public static async Task<IReadOnlyList<ExternalIndicator>> ReadAsync(string path, string? indicatorName = null, string? source = null, CancellationToken cancellationToken = default)
    {
        var lines = await File.ReadAllLinesAsync(path, cancellationToken).ConfigureAwait(false);
        var header = lines.Length > 0 ? lines[0].Split(',', StringSplitOptions.TrimEntries) : [];
        var (time, value) = (Array.IndexOf(header, "timestamp"), Array.IndexOf(header, "value"));
        var (name, from) = (Array.IndexOf(header, "indicator_name"), Array.IndexOf(header, "source"));
        if (time < 0 || value < 0 || (name < 0 && indicatorName is null))
        {
            throw new ImportException($"{path}: the first line must name the columns timestamp, value{(indicatorName is null ? ", indicator_name" : "")} (and source, if there is one).");
        }

        var indicators = new List<ExternalIndicator>();
        for (var index = 1; index < lines.Length; index++)
        {
            if (string.IsNullOrWhiteSpace(lines[index]))
            {
                continue;
            }

            var fields = lines[index].Split(',', StringSplitOptions.TrimEntries);
            var fault = fields.Length != header.Length ? $"{fields.Length} fields where the header has {header.Length}" : null;
            DateTimeOffset at = default;
            decimal number = 0;
            if (fault is null && !TryTime(fields[time], out at))
            {
                fault = $"'{fields[time]}' is no time (RFC 3339, a date, or Unix seconds)";
            }

            if (fault is null && (!decimal.TryParse(fields[value], NumberStyles.Float, CultureInfo.InvariantCulture, out number) || Math.Abs(number) >= Limit))
            {
                fault = $"'{fields[value]}' is no number below 10^18";
            }

            if (fault is not null)
            {
                throw new ImportException(string.Create(CultureInfo.InvariantCulture, $"{path}, line {index + 1}: {fault}. Nothing of the file was stored."));
            }

            indicators.Add(new ExternalIndicator
            {
                Timestamp = at,
                IndicatorName = indicatorName ?? fields[name],
                Value = decimal.Round(number, 10, MidpointRounding.AwayFromZero),
                Source = from >= 0 ? fields[from] : source ?? Path.GetFileName(path),
            });
        }

        return indicators;
    }

    private static bool TryTime(string text, out DateTimeOffset time)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253_402_300_799)
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        return DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
