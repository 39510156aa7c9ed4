namespace KrakenDb.Simulator;

/// <summary>What happens in the recordings of a market's book.</summary>
internal enum ReplayBookEvent
{
    /// <summary>Another recording goes on from its middle.</summary>
    Opened,

    Snapshot,

    Update,

    /// <summary>A frame that is none of a book.</summary>
    Other,
}
