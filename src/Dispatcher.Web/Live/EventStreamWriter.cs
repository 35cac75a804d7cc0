using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Dispatcher.Feed;

namespace Dispatcher.Web.Live;

/// <summary>
/// The wire form of server-sent events (WHATWG HTML, 9.2). Events of the journal have no <c>event:</c> field, so that <c>onmessage</c> gets all of them; their
/// <c>id:</c> is the position to resume from.
/// </summary>
internal sealed class EventStreamWriter(PipeWriter body, FeedScope scope, Func<ValueTask> flush)
{
    /// <summary>Bytes after which a batch is sent before it is complete.</summary>
    private const int FlushAfterBytes = 32 * 1024;

    private long _unflushed;
    private long _lastPosition = -1;

    /// <summary>Asks the client to wait so long before it comes back.</summary>
    public void Retry(int milliseconds)
    {
        Write("retry: "u8);
        Write(milliseconds);
        Write("\n\n"u8);
    }

    /// <summary>A sign of life. It moves the client's <c>Last-Event-ID</c> if others have had events meanwhile.</summary>
    public void Heartbeat(long position)
    {
        if (position == _lastPosition) Write(":\n\n"u8);
        else Position(position);
    }

    /// <summary>From where to resume, though no event was there.</summary>
    public void Position(long position) => AtPosition("position"u8, position);

    /// <summary>Too much was missed: read the lists anew; the stream goes on after the position.</summary>
    public void Reload(long position) => AtPosition("reload"u8, position);

    /// <summary>The job has ended, and with it the stream.</summary>
    public void End(FeedEvent last)
    {
        Write("event: end\ndata: "u8);
        Write(last.Json.Span);
        Write("\n\n"u8);
    }

    /// <summary>Writes and sends a batch.</summary>
    public async ValueTask Write(FeedBatch batch)
    {
        foreach (var next in batch.Events) await Write(next.IsStored ? scope.PlaceOf(next) : null, next.Json);
        foreach (var progress in batch.Progress)
        {
            Write("event: job.progress\n"u8);
            await Write(place: null, progress.Json);
        }

        await Flush();
    }

    /// <summary>Writes and sends events of schedules.</summary>
    public async ValueTask Write(IReadOnlyList<ScheduleEvent> events)
    {
        foreach (var next in events) await Write(next.Ordering, next.ToJson());
        await Flush();
    }

    /// <summary>An event of the journal in other words than its own.</summary>
    public ValueTask Write(FeedEvent next, StreamMessage message)
    {
        WriteId(scope.PlaceOf(next));
        Write(Encoding.UTF8.GetBytes($"event: {message.Name}\ndata: {message.Data.ToJsonString()}\n\n"));
        return FlushWhenLarge();
    }

    public ValueTask Flush()
    {
        _unflushed = 0;
        return flush();
    }

    /// <param name="place">Null for what is told once.</param>
    private ValueTask Write(long? place, ReadOnlyMemory<byte> json)
    {
        if (place is { } position) WriteId(position);
        Write("data: "u8);
        Write(json.Span);
        Write("\n\n"u8);
        return FlushWhenLarge();
    }

    private ValueTask FlushWhenLarge() => _unflushed >= FlushAfterBytes ? Flush() : ValueTask.CompletedTask;

    private void AtPosition(ReadOnlySpan<byte> name, long position)
    {
        Write("event: "u8);
        Write(name);
        Write("\n"u8);
        WriteId(position);
        Write("data: {\"position\":\""u8);
        WritePosition(position);
        Write("\"}\n\n"u8);
    }

    private void WriteId(long position)
    {
        _lastPosition = position;
        Write("id: "u8);
        WritePosition(position);
        Write("\n"u8);
    }

    private void WritePosition(long position)
    {
        _unflushed += Encoding.ASCII.GetBytes(scope.PositionPrefix, body);
        Write(position);
    }

    private void Write(long number)
    {
        Utf8Formatter.TryFormat(number, body.GetSpan(20), out var written);
        body.Advance(written);
        _unflushed += written;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        body.Write(bytes);
        _unflushed += bytes.Length;
    }
}
