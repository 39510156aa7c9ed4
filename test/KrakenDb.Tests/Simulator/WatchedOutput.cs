using System.Text;

namespace KrakenDb.Tests.Simulator;

/// <summary>The output of a program that goes on running: its first line is its address.</summary>
internal sealed class WatchedOutput : MemoryStream
{
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<string> FirstLine => _firstLine.Task;

    public override void Flush()
    {
        if (Encoding.UTF8.GetString(ToArray()).Split('\n') is [var line, _, ..])
            _firstLine.TrySetResult(line);
    }
}
