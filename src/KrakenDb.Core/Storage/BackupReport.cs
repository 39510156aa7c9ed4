namespace KrakenDb;

/// <summary>A backup that was written or brought back, after it was checked.</summary>
/// <param name="File">Full path of the backup.</param>
/// <param name="SizeBytes">Of the backup.</param>
/// <param name="Rows">Per table, in ordinal order: what the backup holds.</param>
internal sealed record BackupReport(string File, long SizeBytes, IReadOnlyList<(string Table, long Rows)> Rows);
