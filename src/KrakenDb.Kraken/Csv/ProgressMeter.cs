namespace KrakenDb.Kraken;

/// <summary>Adds up the progress of files that are imported at once.</summary>
internal sealed class ProgressMeter(IProgress<ImportProgress>? progress, long bytes, int files)
{
    private readonly Lock _lock = new();
    private ImportProgress _now = new(BytesDone: 0, bytes, Rows: 0, FilesDone: 0, files);

    public void Advance(long bytesMore, long rows) => Report(bytesMore, rows, filesMore: 0);

    public void FinishFile() => Report(bytesMore: 0, rows: 0, filesMore: 1);

    // Reported under the lock: the numbers never go back.
    private void Report(long bytesMore, long rows, int filesMore)
    {
        lock (_lock)
        {
            _now = _now with { BytesDone = _now.BytesDone + bytesMore, Rows = _now.Rows + rows, FilesDone = _now.FilesDone + filesMore };
            progress?.Report(_now);
        }
    }
}
