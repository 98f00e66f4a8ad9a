namespace Atp.Cli.Devices;

/// <summary>A file that is sent: its phase goes as far as its bytes, and counts its lines.</summary>
internal sealed class CountedStream : Stream
{
    private readonly Stream file;
    private readonly Phase phase;
    private long lines;

    public CountedStream(Stream file, Phase phase)
    {
        (this.file, this.phase) = (file, phase);
        phase.Set(0, file.Length, 0);
    }

    public override bool CanRead => true;

    public override bool CanSeek => file.CanSeek;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    public override int Read(byte[] buffer, int offset, int count) => Count(buffer.AsSpan(offset, file.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await file.ReadAsync(buffer, cancellationToken);
        return Count(buffer.Span[..read]);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void Flush() => file.Flush();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(ReadOnlySpan<byte> read)
    {
        lines += System.MemoryExtensions.Count(read, (byte)'\n');
        phase.Set(file.Position, file.Length, lines);
        return read.Length;
    }
}
