namespace KrakenDb.Simulator;

/// <summary>A file as Kraken offers it for download: what is in it, and how to write it. Equal descriptions give equal bytes.</summary>
internal abstract record KrakenCsvFile(MarketSpec Market, MinuteSpan Span)
{
    public abstract string FileName { get; }

    /// <summary>Writes the whole text.</summary>
    /// <returns>The number of rows, without a header.</returns>
    /// <param name="stream">Where the text goes; stays open.</param>
    /// <param name="progress">Rows so far, about once per megabyte.</param>
    /// <param name="cancellationToken">Ends the writing between two megabytes.</param>
    public async Task<long> WriteAsync(Stream stream, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var buffer = new CsvBuffer();
        long rows = 0;
        foreach (var rowsSoFar in Fill(buffer))
        {
            await stream.WriteAsync(buffer.Written, cancellationToken).ConfigureAwait(false);
            buffer.Clear();
            rows = rowsSoFar;
            progress?.Report(rows);
        }

        return rows;
    }

    /// <summary>Writes <see cref="FileName"/> into a directory, which is created; an existing file is replaced once the new one is whole.</summary>
    /// <inheritdoc cref="WriteAsync" />
    public async Task<long> WriteToDirectoryAsync(
        string directory, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, FileName);
        var unfinished = path + ".partial";
        long rows;
        var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        await using (file.ConfigureAwait(false))
            rows = await WriteAsync(file, progress, cancellationToken).ConfigureAwait(false);

        File.Move(unfinished, path, overwrite: true);
        return rows;
    }

    /// <summary>Appends rows and yields their number so far whenever the buffer is full, and at the end.</summary>
    protected abstract IEnumerable<long> Fill(CsvBuffer buffer);
}
