namespace KrakenDb;

/// <summary>A command of the program, sent to the owner of the store.</summary>
internal sealed record CommandRequest
{
    /// <summary>As after <c>kraken-db</c>. A store that is named among them is not used: it is the owner's.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Where the sender stands: what its relative paths begin at.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Columns of the sender's terminal.</summary>
    public int Width { get; init; } = 120;

    /// <summary>Whether the sender's output is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether it shows colours.</summary>
    public bool Color { get; init; }
}
