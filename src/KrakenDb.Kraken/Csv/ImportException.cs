namespace KrakenDb;

/// <summary>A file or directory that cannot be imported. The message names it and says what to do; what was stored before is kept.</summary>
public sealed class ImportException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The list of the file's rows when none of them was usable; else null.</summary>
    public string? RejectedFile { get; init; }
}
