namespace KrakenDb;

/// <summary>How far the import of one file has come. Exists only while the import is unfinished.</summary>
/// <param name="File">Identity of the file: its name, size and time of change, or the archive's and the member's.</param>
/// <param name="Position">Bytes of the (unpacked) file whose rows are stored.</param>
/// <param name="State">What the importer needs to go on from there, as JSON.</param>
internal sealed record ImportCursor(string File, long Position, string State);
