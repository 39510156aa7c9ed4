namespace KrakenDb;

/// <summary>How data are printed. <see cref="Csv"/> and <see cref="Json"/> are an interface: a changed name is a breaking change.</summary>
internal enum OutputFormat
{
    /// <summary>For people; may change.</summary>
    Table,

    Csv,

    /// <summary>One array or one object.</summary>
    Json,

    /// <summary>An object per line; files of <c>export</c> only.</summary>
    JsonLines,
}
