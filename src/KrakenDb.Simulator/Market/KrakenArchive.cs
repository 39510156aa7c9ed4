using System.IO.Compression;

namespace KrakenDb.Simulator;

/// <summary>A ZIP as Kraken offers it, written member by member without a file in between.</summary>
internal static class KrakenArchive
{
    /// <summary>The folder inside Kraken's complete archive; quarterly ones have none.</summary>
    public const string CompleteFolder = "master_q4/";

    private static readonly DateTimeOffset MemberTime = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the files as members of one new archive.</summary>
    /// <returns>The number of rows in all members.</returns>
    /// <param name="path">The archive, replaced if it exists.</param>
    /// <param name="files">The members, in their order.</param>
    /// <param name="folder">A prefix of the members' names, ending in a slash, or empty.</param>
    /// <param name="progress">Rows so far, over all members.</param>
    /// <param name="cancellationToken">Ends the writing between two megabytes of text.</param>
    public static async Task<long> WriteAsync(
        string path,
        IReadOnlyList<KrakenCsvFile> files,
        string folder = "",
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, useAsync: true);
        await using var ownStream = stream.ConfigureAwait(false);
        var archive = await ZipArchive.CreateAsync(
            stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken).ConfigureAwait(false);
        await using var ownArchive = archive.ConfigureAwait(false);

        long rows = 0;
        foreach (var file in files)
        {
            var entry = archive.CreateEntry(folder + file.FileName, CompressionLevel.Fastest);
            entry.LastWriteTime = MemberTime;
            var member = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var ownMember = member.ConfigureAwait(false);
            var offset = progress is null ? null : new RowsAfter(progress, rows);
            rows += await file.WriteAsync(member, offset, cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    private sealed class RowsAfter(IProgress<long> progress, long rows) : IProgress<long>
    {
        public void Report(long value) => progress.Report(rows + value);
    }
}
