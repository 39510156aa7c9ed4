namespace KrakenDb;

/// <summary>A store in a file that this process owns while it is open.</summary>
internal interface IOwnedFile
{
    /// <summary>The file, links followed.</summary>
    string FilePath { get; }

    /// <summary>Tells other processes, which cannot open the file, where they are answered; null when they no longer are.</summary>
    void PublishEndpoint(Uri? endpoint);
}
