using System.Buffers;

namespace Dispatcher.Steps.Processes;

/// <summary>Reads one output of a process to its end, whatever its length: keeps what fits, tells the lines, throws the rest away.</summary>
internal sealed class OutputDrain(KeptBytes kept, LineSplitter? lines)
{
    private const int BufferBytes = 64 * 1024;

    private long _bytesRead;

    /// <summary>What the line callback threw, if it did; it is not called again after that.</summary>
    public Exception? CallbackFault { get; private set; }

    public KeptBytes Kept => kept;

    /// <summary>Bytes that came so far; read by anybody.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Completes, without a fault, at the end of the stream or when told to let go; owns the stream.</summary>
    public async Task Drain(Stream stream, Action onCallbackFault, CancellationToken letGo)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            do
            {
                read = await stream.ReadAsync(buffer, letGo).ConfigureAwait(false);
                kept.Add(buffer.AsSpan(0, read));
                Interlocked.Add(ref _bytesRead, read);
                if (!TellLines(buffer.AsSpan(0, read), last: read == 0)) onCallbackFault();
            }
            while (read > 0);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The pipe is gone or was let go: what came until then is what there is.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool TellLines(ReadOnlySpan<byte> chunk, bool last)
    {
        if (lines is null || CallbackFault is not null) return true;
        try
        {
            lines.Add(chunk, last);
            return true;
        }
        catch (Exception exception)
        {
            CallbackFault = exception;
            return false;
        }
    }
}
