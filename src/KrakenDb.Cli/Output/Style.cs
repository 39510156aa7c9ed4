namespace KrakenDb.Cli;

/// <summary>What a text in a table means; shown as a colour where the terminal has them.</summary>
internal enum Style
{
    Plain,
    Heading,
    Quiet,
    Good,
    Bad,
    Warning,
}
