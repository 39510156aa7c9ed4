namespace KrakenDb;

/// <summary>A line of the answer to a <see cref="CommandRequest"/>, in JSON. One of the properties is set; the first line has the id, the last the exit code.</summary>
internal sealed record CommandLine
{
    /// <summary>To cancel it by.</summary>
    public string? Id { get; init; }

    /// <summary>Data.</summary>
    public string? Stdout { get; init; }

    /// <summary>Progress, notes and errors.</summary>
    public string? Stderr { get; init; }

    public int? ExitCode { get; init; }
}
