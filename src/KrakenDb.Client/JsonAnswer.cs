using System.Globalization;
using System.Text.Json;

namespace KrakenDb.Client;

/// <summary>Values of an answer as <see cref="Records"/> wrote them.</summary>
internal static class JsonAnswer
{
    extension(JsonElement element)
    {
        public IReadOnlyList<T> Rows<T>(Func<JsonElement, T> read)
        {
            var rows = new List<T>(element.GetArrayLength());
            foreach (var row in element.EnumerateArray())
            {
                rows.Add(read(row));
            }

            return rows;
        }

        public string Text(string name) => element.TextOrNull(name) ?? throw new FormatException($"{name} is missing.");

        public string? TextOrNull(string name) => element.GetProperty(name).GetString();

        public DateTimeOffset Time(string name) => element.TimeOrNull(name) ?? throw new FormatException($"{name} is missing.");

        public DateTimeOffset? TimeOrNull(string name) =>
            element.TextOrNull(name) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) : null;

        public decimal? NumberOrNull(string name) =>
            element.TextOrNull(name) is { } text ? decimal.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : null;

        public long? IntegerOrNull(string name) => element.GetProperty(name) is { ValueKind: not JsonValueKind.Null } number ? number.GetInt64() : null;
    }
}
