namespace KrakenDb.Timescale.Wire;

/// <summary>Literals for COPY, the one command that takes no parameters.</summary>
internal static class SqlLiteral
{
    /// <summary>Every connection has <c>standard_conforming_strings</c> on, so that a backslash is a backslash.</summary>
    public static string Text(string value) => value.Contains('\0', StringComparison.Ordinal)
        ? throw new ArgumentException("A name cannot contain a zero character.", nameof(value))
        : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
