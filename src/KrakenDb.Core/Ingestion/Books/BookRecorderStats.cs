namespace KrakenDb;

/// <summary>What a recorder of order books has done.</summary>
/// <param name="Frames">Recorded, of any kind.</param>
/// <param name="BookFrames">Snapshots and updates.</param>
/// <param name="Verified">Of those, with the right checksum.</param>
/// <param name="Incidents">Checksums that were wrong or missing, updates before a snapshot, crossed books, unreadable frames.</param>
/// <param name="Sessions">Connections.</param>
/// <param name="Stored">Frames that the store has.</param>
/// <param name="JournalWrites">Writes that wait on disk for the store.</param>
/// <param name="SetAside">Frames that the store refused for what they are; each is a file in the journal's folder.</param>
internal readonly record struct BookRecorderStats(long Frames, long BookFrames, long Verified, long Incidents, long Sessions, long Stored, int JournalWrites, long SetAside = 0);
