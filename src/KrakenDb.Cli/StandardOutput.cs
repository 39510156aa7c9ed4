using System.Runtime.InteropServices;

namespace KrakenDb.Cli;

/// <summary>
/// The process' standard output. The console stream of the base class library swallows a closed pipe, so that <c>| head</c> would let a query of
/// millions of rows run to its end; a file stream writes at positions of its own, so that two commands in one redirection overwrite each other.
/// </summary>
internal sealed partial class StandardOutput : Stream
{
    private const int FileDescriptor = 1;
    private const int InterruptedCall = 4;
    private const int BrokenPipe = 32;

    // EAGAIN: the other end may have made the pipe non-blocking.
    private static readonly int NotReady = OperatingSystem.IsLinux() ? 11 : 35;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Elsewhere than on Unix the console's own stream.</summary>
    public static Stream Open() => OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardOutput();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteToDescriptor(FileDescriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case InterruptedCall:
                    continue;
                case var error when error == NotReady:
                    Thread.Sleep(1);
                    continue;
                case BrokenPipe:
                    throw new OutputClosedException();
                case var error:
                    throw new IOException($"Cannot write to standard output: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteToDescriptor(int descriptor, ref byte buffer, nint count);
}
