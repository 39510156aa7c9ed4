using System.Text;

namespace KrakenDb.Server;

/// <summary>What a command writes as data, handed on as text. A character whose bytes come in two writes is handed on whole.</summary>
internal sealed class CommandOutput(Action<string> send) : Stream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var characters = new char[_decoder.GetCharCount(buffer, flush: false)];
        if (_decoder.GetChars(buffer, characters, flush: false) is var count && count > 0)
        {
            send(new string(characters, 0, count));
        }
    }
}

/// <summary>What a command says beside its data. Safe for several threads, as a terminal is.</summary>
internal sealed class CommandNotes(Action<string> send) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => send(value.ToString());

    public override void Write(char[] buffer, int index, int count) => send(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => send(buffer.ToString());

    public override void Write(string? value)
    {
        if (value is { Length: > 0 })
        {
            send(value);
        }
    }

    public override void WriteLine(string? value) => send(value + "\n");
}
